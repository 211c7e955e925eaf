// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

int units();
int more_units();

int main() {
    return units() + more_units() == 2 ? 0 : 1;
}
