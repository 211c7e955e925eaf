// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Everything through which tasks hand items to each other: channels, queues,
/// broadcasts, watched values, the choice between several of them; and the
/// generators, which make one element after the other.
#ifndef TETHER_STREAM_HPP
#define TETHER_STREAM_HPP

#include <tether/stream/adaptors.hpp>
#include <tether/stream/as_channel.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/broadcast.hpp>
#include <tether/stream/broadcast_options.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/collect.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/for_each.hpp>
#include <tether/stream/keep.hpp>
#include <tether/stream/lifo_queue.hpp>
#include <tether/stream/next.hpp>
#include <tether/stream/priority_queue.hpp>
#include <tether/stream/receiver.hpp>
#include <tether/stream/select.hpp>
#include <tether/stream/sender.hpp>
#include <tether/stream/shared_channel.hpp>
#include <tether/stream/wait_any.hpp>
#include <tether/stream/watch.hpp>
#include <tether/stream/work_queue.hpp>

#endif
