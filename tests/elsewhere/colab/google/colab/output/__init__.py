"""A stand-in for the part of Colab's own module that widgets lean on; Colab is not to be had here.

As there, the manager for widgets of other people is switched on by a call; from then on whatever
is displayed as a widget says in its metadata where the browser finds that manager.
"""

from types import SimpleNamespace

from IPython import get_ipython

KIND = "application/vnd.jupyter.widget-view+json"
URL = "https://colab.example/manager.js"
_widgets = SimpleNamespace(_installed_url=None)


def enable_custom_widget_manager():
    if _widgets._installed_url is None:
        get_ipython().display_pub.register_hook(_say_where)
    _widgets._installed_url = URL


def _say_where(message):
    """Colab's hook sees what is displayed, and not what a cell returns."""
    content = message.get("content", {})
    if KIND in content.get("data", {}):
        about = content.setdefault("metadata", {}).setdefault(KIND, {})
        about["colab"] = {"custom_widget_manager": {"url": _widgets._installed_url}}
    return message
