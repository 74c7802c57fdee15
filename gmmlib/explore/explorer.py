"""An explorer: sliders, panels and a sentence, and the bytes that carry them to a page."""

import base64
import io
import string
from importlib import resources

import anywidget
import ipywidgets
import numpy as np
import traitlets

from .marks import Panel, Table, Text
from .packing import Packer, Template, answer_of, grid_of


def explore(name, sliders, *panels, sentence, numbers=None, play=None):
    """An explorer: `sliders` (a dict of ipywidgets), then one or more panels.

    name: unique in the book; it is the fragment of the page's address that links here.
    sentence: a template that describes the state, filled from `numbers` (a function of
    sliders that returns a dict) and the sliders' own names. play: the slider to play.

    Every function names the sliders it depends on as its arguments. Raises `ValueError` for
    an argument that names no slider, a slider without a finite grid, an answer that is not
    finite or changes its shape (and in which state), and an explorer over its budget.
    """
    return Explorer(name, sliders, panels, sentence, numbers, play)


class View(anywidget.AnyWidget):
    """The front end's model: what to draw (`spec`, `data`) and the sliders' positions."""

    _esm = resources.files("gmmlib.explore").joinpath("explorer.js").read_text(encoding="utf-8")
    _css = resources.files("gmmlib.explore").joinpath("explorer.css").read_text(encoding="utf-8")
    spec = traitlets.Dict().tag(sync=True)
    data = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    s0, s1, s2, s3, s4, s5 = (traitlets.Any(0).tag(sync=True) for _ in range(6))


class Explorer(ipywidgets.VBox):
    """Sliders above, panels below; see `explore`."""

    def __init__(self, name, sliders, panels, sentence, numbers=None, play=None):
        if not name or set(name) - set(string.ascii_lowercase + string.digits + "-"):
            raise ValueError(f"name must be of a-z, 0-9 and '-', not {name!r}")
        if not panels or not all(isinstance(panel, Panel) for panel in panels):
            raise ValueError("an explorer needs a Panel or a Table after its sliders")
        if not 1 <= len(sliders) <= 6:
            raise ValueError(f"an explorer needs 1 to 6 sliders, not {len(sliders)}")
        self.explorer_name, self.sliders, self.panels = name, dict(sliders), panels
        self.grids = {key: grid_of(key, slider) for key, slider in self.sliders.items()}
        self._packer = Packer(self.grids)
        self._sentence = Template(self._packer, "sentence", sentence, numbers)

        spec = {
            "name": name,
            "sliders": [self._slider_spec(key) for key in self.sliders],
            "panels": [self._panel_spec(panel) for panel in panels],
            "sentence": self._sentence.spec,
            "said": self.sentence(),
            "play": play,
        }
        spec["tables"] = self._packer.tables
        packed = self._packer.compress(name)
        view = View(
            spec=spec,
            data=base64.b64encode(packed).decode(),
            picture=base64.b64encode(self._picture()).decode(),
        )
        for i, (key, slider) in enumerate(self.sliders.items()):
            slider.description = slider.description or key
            slider.style.description_width = "9em"
            slider.layout.width = "26em"
            trait = "index" if hasattr(slider, "index") else "value"
            setattr(view, f"s{i}", getattr(slider, trait))
            ipywidgets.jslink((slider, trait), (view, f"s{i}"))
        player = [] if play is None else [self._player(play)]
        self.view = view
        super().__init__([*self.sliders.values(), *player, view])

    def at(self, **values):
        """A whole state: the sliders named, the others at rest."""
        for key, value in values.items():
            if key not in self.sliders:
                raise ValueError(f"{key!r} names no slider; there are {', '.join(self.sliders)}")
            if value not in self.grids[key].values:
                raise ValueError(f"slider {key!r} never takes the value {value!r}")
        rest = {key: grid.values[grid.rest] for key, grid in self.grids.items()}
        return rest | values

    def numbers(self, **values):
        """What the sentence's function returns in a state (sliders that are not named: at rest)."""
        return self._sentence.answers(self.at(**values))

    def sentence(self, **values):
        """The sentence in a state, as the page shows it."""
        return self._sentence.filled(self.at(**values))

    def answers(self, mark, **values):
        """What a mark draws in a state, by channel: arrays as they are before packing, or None."""
        state = self.at(**values)
        return {name: answer_of(channel, state) for name, channel in mark.channels.items()}

    def __repr__(self):
        # What is stored in a notebook: no ids, and a sentence that changes if the EM does.
        sliders = ", ".join(f"{k} = {g.labels[g.rest]}" for k, g in self.grids.items())
        return f"Explorer {self.explorer_name} ({sliders})\n{self.sentence()}"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = repr(self)
        bundle["image/png"] = self.view.picture  # for a PDF of the book, which has no widgets
        # Colab asks the metadata where the front end of an anywidget comes from.
        _, metadata = self.view._repr_mimebundle_(**kwargs)
        return bundle, metadata

    def _slider_spec(self, key):
        grid, slider = self.grids[key], self.sliders[key]
        return {
            "name": key, "label": slider.description or key, "labels": grid.labels,
            "rest": grid.rest, "numeric": not hasattr(slider, "index"), "values": grid.numbers,
        }  # fmt: skip

    def _panel_spec(self, panel):
        spec = {**panel.options, "kind": type(panel).__name__}
        for name in spec.get("pick") or ():
            if name not in self.sliders or not self.grids[name].numbers:
                raise ValueError(f"pick: {name!r} names no slider over numbers")
        if isinstance(panel, Table):
            panel.cells = Template(self._packer, "Table", panel.template, panel.numbers)
            return spec | {"cells": panel.cells.spec}
        spec["marks"] = []
        for mark in panel.marks:
            entry = {**mark.options, "kind": mark.kind}
            if isinstance(mark, Text):
                mark.text = Template(self._packer, "Text", mark.template, mark.numbers)
                entry["text"] = mark.text.spec
            entry["channels"] = {
                name: self._packer.add(channel, f"{type(mark).__name__} ({name})")
                for name, channel in mark.channels.items()
            }
            spec["marks"].append(entry)
        return spec

    def _player(self, play):
        if play not in self.sliders:
            raise ValueError(f"play={play!r} names no slider; there are {', '.join(self.sliders)}")
        slider, grid = self.sliders[play], self.grids[play]
        if isinstance(slider, ipywidgets.FloatSlider):
            raise ValueError("play needs a slider over whole steps, not a FloatSlider")
        trait = "index" if hasattr(slider, "index") else "value"
        first = 0 if trait == "index" else slider.min
        last = len(grid.values) - 1 if trait == "index" else slider.max
        step = 1 if trait == "index" else slider.step
        player = ipywidgets.Play(
            value=getattr(slider, trait), min=first, max=last, step=step, interval=600
        )
        ipywidgets.jslink((player, "value"), (slider, trait))
        return player

    def _picture(self):
        """The state at rest as a PNG, for print and for pages without JavaScript."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from PIL import Image

        state, panels = self.at(), self.panels
        figure = Figure(figsize=(5.5 * len(panels), 3.8), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for ax, panel in zip(axes, panels, strict=True):
            ax.set_title(panel.options["title"])
            if isinstance(panel, Table):
                cells = panel.cells.filled(state).split("\n")
                rows, columns = panel.options["rows"], panel.options["columns"]
                text = np.reshape(cells, (len(rows), len(columns)))
                ax.table(text, rowLabels=rows, colLabels=columns, loc="center")
                ax.axis("off")
                continue
            limits = {name: panel.options[name] for name in ("xlim", "ylim")}
            ax.set(xlabel=panel.options["x"], ylabel=panel.options["y"], **limits)
            for mark in panel.marks:
                answers = {name: answer_of(c, state) for name, c in mark.channels.items()}
                if isinstance(mark, Text):
                    answers["text"] = mark.text.filled(state)
                if all(answer is not None for answer in answers.values()):
                    mark.draw(ax, answers)
            ax.set(**limits, aspect="equal" if panel.options["equal"] else "auto")
        drawn, buffer = io.BytesIO(), io.BytesIO()
        figure.savefig(drawn, format="png")
        # 64 colors are enough for lines and points, and a quarter of the bytes
        Image.open(drawn).convert("RGB").quantize(64).save(buffer, format="png", optimize=True)
        return buffer.getvalue()
