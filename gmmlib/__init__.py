"""EM for Gaussian mixtures, written to be read. Start with `textbook.py`, then `em.py`."""

from . import data
from .agreement import adjusted_rand
from .bootstrap import Refits, bootstrap
from .covariance import diagonal, full, spherical, tied
from .diagnostics import (
    aic,
    aitken_limit,
    bic,
    expected_complete_log_likelihood,
    icl,
    lower_bound,
    modes,
    n_parameters,
    relabel,
)
from .em import Statistics, e_step, em, m_step
from .fit import fit
from .information import StandardErrors, observed_information, slopes, standard_errors
from .kmeans import Clusters, kmeans
from .merging import entropy, merge_path, merge_shares
from .mixture import Mixture, moments
from .prior import Prior
from .run import CollapseError, Run, Search
from .sampling import sample
from .scores import classify, log_density, log_joint, log_likelihood, responsibilities
from .start import (
    kmeans_plus_plus_start,
    labels_start,
    means_start,
    quantile_start,
    random_start,
    shares_start,
)

__version__ = "0.1.0"

__all__ = [
    "Clusters",
    "CollapseError",
    "Mixture",
    "Prior",
    "Refits",
    "Run",
    "Search",
    "StandardErrors",
    "Statistics",
    "adjusted_rand",
    "aic",
    "aitken_limit",
    "bic",
    "bootstrap",
    "classify",
    "data",
    "diagonal",
    "e_step",
    "em",
    "entropy",
    "expected_complete_log_likelihood",
    "fit",
    "full",
    "icl",
    "kmeans",
    "kmeans_plus_plus_start",
    "labels_start",
    "log_density",
    "log_joint",
    "log_likelihood",
    "lower_bound",
    "m_step",
    "means_start",
    "merge_path",
    "merge_shares",
    "modes",
    "moments",
    "n_parameters",
    "observed_information",
    "quantile_start",
    "random_start",
    "relabel",
    "responsibilities",
    "sample",
    "shares_start",
    "slopes",
    "spherical",
    "standard_errors",
    "tied",
]
