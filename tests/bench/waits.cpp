#include "bench.hpp"
void bench::add_waits(std::vector<row>&) {}
