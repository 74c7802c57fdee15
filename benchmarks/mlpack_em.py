"""mlpack's gmm_train: so many steps of EM from its own k-means, and the CPU time they took.

python benchmarks/mlpack_em.py FILE STEPS RUNS     the file, and what is printed: see gmm_full.cpp

The numbers printed (no log-likelihood: it reports none) mean something for one run only: the
seed settles the first k-means of a process, and not the next ones.
"""

import sys
import time

import mlpack
import numpy as np

file, steps, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
n, d, K = np.fromfile(file, np.int64, 3)
X = np.fromfile(file, offset=24, count=n * d).reshape(n, d)

begun = time.process_time()
for _ in range(runs):
    trained = mlpack.gmm_train(
        input_=X,
        gaussians=int(K),
        seed=1,
        kmeans_max_iterations=1,
        max_iterations=steps + 1,  # it counts from 1
        tolerance=0.0,
        no_force_positive=True,
        copy_all_inputs=True,  # or it keeps the data to itself
    )
print((time.process_time() - begun) / runs * 1000)

model = trained["output_model"].get_cpp_params()["GMM"]
parts = [[np.nan], model["weights"], *(part["mean"] for part in model["dists"])]
parts += [part["covariance"] for part in model["dists"]]
print(*(float(number) for part in parts for number in np.ravel(part)))
