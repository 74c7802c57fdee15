// Armadillo's gmm_full: so many steps of EM from a given start, and the processor time they took.
//
// gmm_full FILE STEPS RUNS: FILE has n, d, K as 64-bit integers, then doubles: the rows, the
// weights, the means, the covariances. Prints milliseconds of CPU for one run, the log-likelihood,
// weights, means and covariances.

#include <armadillo>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iostream>

int main(int count, char** given)
{
  if (count != 4) { std::cerr << "needed: FILE STEPS RUNS\n"; return 2; }
  std::ifstream file(given[1], std::ios::binary);
  const int steps = std::atoi(given[2]), runs = std::atoi(given[3]);
  std::int64_t size[3];
  file.read(reinterpret_cast<char*>(size), sizeof size);
  const arma::uword n = size[0], d = size[1], K = size[2];
  arma::mat data(d, n), means(d, K);
  arma::rowvec weights(K);
  arma::cube covariances(d, d, K);
  const auto read = [&file](double* to, arma::uword numbers) {
    file.read(reinterpret_cast<char*>(to), numbers * sizeof(double));
  };
  read(data.memptr(), data.n_elem);
  read(weights.memptr(), weights.n_elem);
  read(means.memptr(), means.n_elem);
  read(covariances.memptr(), covariances.n_elem);
  if (!file) { std::cerr << "the file is too short\n"; return 2; }

  arma::gmm_full model;
  const std::clock_t begun = std::clock();
  for (int run = 0; run < runs; ++run) {
    model.set_params(means, covariances, weights);
    if (!model.learn(data, K, arma::eucl_dist, arma::keep_existing, 0, steps, 0.0, false)) {
      std::cerr << "gmm_full gave up\n";
      return 1;
    }
  }
  const double seconds = double(std::clock() - begun) / CLOCKS_PER_SEC;

  std::cout << std::setprecision(17) << seconds / runs * 1000 << '\n' << model.sum_log_p(data);
  for (double w : model.hefts) std::cout << ' ' << w;
  for (double m : model.means) std::cout << ' ' << m;
  for (double c : model.fcovs) std::cout << ' ' << c;
  std::cout << '\n';
}
