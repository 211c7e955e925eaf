// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do several consumers get every element of one generator? tee.
#ifndef TETHER_STREAM_ADAPTORS_TEE_HPP
#define TETHER_STREAM_ADAPTORS_TEE_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/stream/async_generator.hpp>
#include <tether/stream/async_range.hpp>
#include <tether/stream/channel.hpp>
#include <tether/stream/channel_options.hpp>
#include <tether/stream/consume.hpp>
#include <tether/stream/detail/background.hpp>
#include <tether/stream/keep.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The task that asks the generator, begun by the first part.
template<class G>
class tee_source {
public:
    using item = stored_of<G>;

    tee_source(G range, task_group& group)
        : range_(std::move(range)), group_(&group) {}

    receiver<item> add_part(std::size_t capacity, channel_options options) {
        auto ends = channel<item>(capacity, options);
        to_.push_back(std::move(ends.first));
        ++parts_;
        return std::move(ends.second);
    }
    void start() {
        if (source_)
            return;
        if (failed_)
            std::rethrow_exception(failed_);
        try {
            source_.emplace(
                group_->spawn(spread, std::move(range_), std::move(to_)));
        } catch (...) { // the generator has gone with the arguments
            failed_ = std::current_exception();
            throw;
        }
    }
    void part_left() {
        if (--parts_ == 0 && source_)
            source_->stop();
    }
    bool finished() const { return parts_ != 0 || source_->finished(); }
    task<> close() { return source_->close(); }
    task<> ended() { return source_->ended(); }

private:
    // To one part after the other; the slowest decides, unless parts drop.
    static task<> spread(G range, std::vector<sender<item>> to) {
        auto each = [&](G& all) -> task<> {
            bool heard = true;
            while (heard) {
                auto* const next = co_await all.advance();
                if (!next)
                    co_return;
                heard = false;
                for (sender<item>& part : to) {
                    if (!part.is_open())
                        continue;
                    item copy(std::as_const(*next));
                    bool left = false;
                    try {
                        co_await part.send_from(copy);
                    } catch (broken_resource const&) {
                        left = true;
                    }
                    if (left)
                        part.close();
                    else
                        heard = true;
                }
            }
        };
        std::exception_ptr error;
        try {
            co_await consume(range, each);
        } catch (...) {
            error = std::current_exception();
        }
        if (!error)
            co_return;
        bool told = false;
        for (sender<item>& part : to) {
            if (!part.is_open() || nobody_receives(part))
                continue;
            part.close(error);
            told = true;
        }
        if (!told)
            std::rethrow_exception(std::move(error));
    }

    G range_;
    task_group* group_;
    std::vector<sender<item>> to_;
    std::optional<producer> source_;
    std::exception_ptr failed_; // the start of that
    std::size_t parts_ = 0;
};

// In the frame of a part, begun or not: the last one stops the source.
template<class G>
class tee_part {
public:
    explicit tee_part(std::shared_ptr<tee_source<G>> of) noexcept
        : of_(std::move(of)) {}
    tee_part(tee_part&&) noexcept = default;
    tee_part& operator=(tee_part&&) = delete;
    ~tee_part() {
        if (of_)
            of_->part_left();
    }
    std::shared_ptr<tee_source<G>> const& source() const noexcept {
        return of_;
    }

private:
    std::shared_ptr<tee_source<G>> of_;
};

// What a part keeps: closing the last one waits for the end of the source.
template<class G>
class tee_close {
public:
    explicit tee_close(std::shared_ptr<tee_source<G>> of) noexcept
        : of_(std::move(of)) {}
    bool finished() const { return of_->finished(); }
    task<> close() { return of_->close(); }

private:
    std::shared_ptr<tee_source<G>> of_;
};

template<class G>
async_generator<stored_of<G>> tee_elements(tee_part<G> part,
                                           receiver<stored_of<G>> from) {
    part.source()->start();
    co_await tether::keep(tee_close<G>(part.source()));
    while (auto item = co_await from.receive())
        co_yield yield_from(*item);
    co_await part.source()->ended();
}

} // namespace detail

/// Gives every element of a generator to each of `n` generators.
///
/// Parameters: `range` is moved in, its elements are copied; `group` owns the
/// task that asks it, as for buffer(), from the first step of any part.
/// `capacity` elements are kept for a part that is behind; then `options` says
/// whether the others wait for it or what is dropped.
/// Result: a vector of `n` generators.
/// Errors: those of the generator, in every part; otherwise as buffer().
/// Never lost: the generator is stopped and closed when the last part is.
/// Example:
/// \code
/// auto parts = tee(group, readings(), 2, 16, {overflow::drop_oldest});
/// \endcode
template<async_range G>
    requires(!std::is_reference_v<G>)
[[nodiscard("consume them")]] auto tee(task_group& group, G&& range,
                                       std::size_t n, std::size_t capacity,
                                       channel_options options = {}) {
    using item = detail::stored_of<G>;
    auto const source =
        std::make_shared<detail::tee_source<G>>(std::move(range), group);
    std::vector<receiver<item>> ends;
    std::vector<async_generator<item>> parts;
    for (std::size_t i = 0; i != n; ++i)
        ends.push_back(source->add_part(capacity, options));
    for (receiver<item>& end : ends)
        parts.push_back(
            detail::tee_elements(detail::tee_part<G>(source), std::move(end)));
    return parts;
}

TETHER_END_NAMESPACE

#endif
