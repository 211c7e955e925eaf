// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// Names that system headers and old code bases define as macros. None may
// stand in a header of tether; what tether includes is included before.
#include "prelude.hpp"

#define min(a, b) = hostile =
#define max(a, b) = hostile =
#define I = hostile =
#define Bool = hostile =
#define None = hostile =
#define Status = hostile =
#define Success = hostile =
#define True = hostile =
#define False = hostile =
#define ERROR = hostile =
#define DELETE = hostile =
#define IN = hostile =
#define OUT = hostile =
#define OPTIONAL = hostile =
#define VOID = hostile =
#define near = hostile =
#define far = hostile =
#define small = hostile =
#define interface = hostile =
#define check = hostile =
#define verify = hostile =
#define emit = hostile =
#define signals = hostile =
#define slots = hostile =
#define foreach = hostile =
#define unix = hostile =
#define linux = hostile =
#define major = hostile =
#define minor = hostile =
#define BLOCK_SIZE = hostile =

#include "all.hpp"
