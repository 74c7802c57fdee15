"""How a kernel draws for the book: as SVG that figures.py can put into a page.

Only the build starts kernels with this profile (IPYTHONDIR in the Makefile). In a reader's Jupyter,
and in the tests of the notebooks, a figure is the usual picture.
"""

c = get_config()  # noqa: F821  (IPython puts it there)

c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.rc = {
    "figure.facecolor": "none",  # the page shows through
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.facecolor": "white",  # the page again, half through
    "legend.edgecolor": "none",
    "svg.fonttype": "none",  # text stays text, in the page's own font
    "svg.hashsalt": "book",  # the same ids on every run
}
