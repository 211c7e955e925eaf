// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How are the elements of a range turned into legs? One after the other, as
/// there is room, each in a block that is free again when the leg has ended.
#ifndef TETHER_COMBINE_DETAIL_RANGE_HPP
#define TETHER_COMBINE_DETAIL_RANGE_HPP

#include <tether/combine/detail/pack.hpp>
#include <tether/combine/detail/rules.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/scope/detail/legs.hpp>
#include <tether/task/awaitable.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A range that is read element by element. An lvalue is used in place.
template<class Range>
class range_reader {
    using view = std::remove_reference_t<Range>;
    using iterator = std::ranges::iterator_t<view>;

public:
    using reference = std::ranges::range_reference_t<view>;
    // A reference into a container stays valid while the leg runs; anything
    // else is moved into the leg.
    static constexpr bool stable = std::ranges::forward_range<view> &&
                                   std::is_lvalue_reference_v<reference>;
    // Elements of a container that we own may be moved out of it.
    static constexpr bool owned =
        stable && !std::is_reference_v<Range> && !std::ranges::view<view>;
    using element = std::conditional_t<
        stable, reference,
        std::conditional_t<std::is_reference_v<reference>,
                           std::ranges::range_value_t<view>, reference>>;

    explicit range_reader(Range&& range) : range_(std::forward<Range>(range)) {}
    range_reader(range_reader&&) = default;

    bool advance() {
        if (!at_)
            at_.emplace(std::ranges::begin(range_));
        else
            ++*at_;
        return *at_ != std::ranges::end(range_);
    }
    decltype(auto) read() {
        if constexpr (stable)
            return **at_;
        else if constexpr (std::is_reference_v<reference>)
            return std::ranges::iter_move(*at_);
        else
            return **at_;
    }
    // Says true where it cannot know without reading on.
    bool has_next() {
        if constexpr (std::ranges::forward_range<view>) {
            if (!at_)
                return std::ranges::begin(range_) != std::ranges::end(range_);
            return *at_ != std::ranges::end(range_) &&
                   std::ranges::next(*at_) != std::ranges::end(range_);
        } else {
            return true;
        }
    }
    std::size_t size_hint() {
        if constexpr (std::ranges::sized_range<view>)
            return static_cast<std::size_t>(std::ranges::size(range_));
        else
            return 0;
    }

private:
    Range range_;
    std::optional<iterator> at_;
};

// The elements are arguments of a coroutine function.
template<class Range, class F>
class mapped_source {
    using reader = range_reader<Range>;
    using argument =
        std::conditional_t<reader::stable && !reader::owned,
                           typename reader::element,
                           std::remove_reference_t<typename reader::element>&&>;
    static_assert(
        std::is_invocable_v<F&, argument>,
        "the function cannot be called with an element of the range: it gets "
        "elements of a container as they are, and others as rvalues");
    using made = std::invoke_result_t<F&, argument>;
    static_assert(awaitable<made>,
                  "the function must give something to await: let it be a "
                  "coroutine that returns tether::task<T>");

public:
    using element = typename reader::element;
    using value_type = leg_value_t<made>;

    mapped_source(Range&& range, F&& fn)
        : reader_(std::forward<Range>(range)), fn_(std::forward<F>(fn)) {}
    mapped_source(mapped_source&&) = default;

    bool advance() { return reader_.advance(); }
    bool has_next() { return reader_.has_next(); }
    std::size_t size_hint() { return reader_.size_hint(); }
    void read(manual_lifetime<element>& into) {
        into.construct_with([&]() -> decltype(auto) { return reader_.read(); });
    }
    task<value_type> make(manual_lifetime<element>& from) {
        return leg_task(std::invoke(fn_, static_cast<argument>(from.get())));
    }

private:
    reader reader_;
    F fn_;
};

// The elements are the legs.
template<class Range>
class task_source {
    using reader = range_reader<Range>;
    using given =
        std::conditional_t<reader::stable && !reader::owned,
                           typename reader::element,
                           std::remove_reference_t<typename reader::element>&&>;

public:
    using element = typename reader::element;
    using value_type = leg_value_t<given>;

    explicit task_source(Range&& range) : reader_(std::forward<Range>(range)) {}
    task_source(task_source&&) = default;

    bool advance() { return reader_.advance(); }
    bool has_next() { return reader_.has_next(); }
    std::size_t size_hint() { return reader_.size_hint(); }
    void read(manual_lifetime<element>& into) {
        into.construct_with([&]() -> decltype(auto) { return reader_.read(); });
    }
    task<value_type> make(manual_lifetime<element>& from) {
        return leg_task(static_cast<given>(from.get()));
    }

private:
    reader reader_;
};

// For verbs that need to know how many legs there are: reads the range now.
template<class Range>
auto listed(Range&& range, std::size_t least = 0, char const* verb = "") {
    using source = task_source<Range>;
    using list = std::vector<task<typename source::value_type>>;
    source from(std::forward<Range>(range));
    list all;
    all.reserve(from.size_hint());
    while (from.advance()) {
        manual_lifetime<typename source::element> at;
        from.read(at);
        struct destroy {
            manual_lifetime<typename source::element>& at;
            ~destroy() { at.destroy(); }
        } guard{at};
        all.push_back(from.make(at));
    }
    if (all.size() < least)
        throw std::invalid_argument(
            std::string(verb) +
            ": the range is empty, so there is nothing to wait for");
    return task_source<list>(std::move(all));
}

template<class Rule, class Drop, class Source>
class range_legs : public Rule {
public:
    using T = typename Source::value_type;

    range_legs(frame_base& frame, legs_options const& options, Drop&& drop,
               Source&& source)
        : Rule(frame, options),
          drop_(std::forward<Drop>(drop)),
          source_(std::move(source)),
          limit_(options.limit) {
        std::size_t const hint = source_.size_hint();
        if constexpr (keeps_slots)
            slots_.reserve(hint);
        if constexpr (Rule::keeps_results) { // such a source is a list
            results_.resize(hint);
            this->keep_results_in(results_.data(), hint);
        }
    }

protected:
    struct no_value {};
    static constexpr bool keeps_values = !std::is_void_v<T>;
    static constexpr bool keeps_slots = keeps_values || Rule::keeps_results;

    struct slot {
        [[no_unique_address]] std::conditional_t<
            keeps_values, std::optional<alternative_t<T>>, no_value> value;
    };

    ~range_legs() = default;

    std::vector<slot>& places() noexcept { return slots_; }
    static T value_of(slot& from) {
        if constexpr (std::is_reference_v<T>)
            return static_cast<T>(from.value->get());
        else if constexpr (!std::is_void_v<T>)
            return std::move(*from.value);
    }

    leg_base* prepare_next() noexcept override {
        while (this->live() < limit_ && !exhausted_ && !this->decided() &&
               !this->cancelled()) {
            if (leg_base* const next = make_next())
                return next;
        }
        return nullptr;
    }
    bool has_next() noexcept override {
        if (exhausted_)
            return false;
        try {
            return source_.has_next();
        } catch (...) {
            return true;
        }
    }
    bool wants_more() noexcept override { return !exhausted_; }

    void leg_ended(leg_base& ended) noexcept override {
        auto& l = static_cast<element_leg&>(ended);
        leg_end how = l.how;
        std::size_t const index = l.index;
        bool const same_turn = l.runnable_at_decision && l.abort_sent;
        std::exception_ptr error = l.take_error();
        if constexpr (keeps_values) {
            if (how == leg_end::value) {
                try {
                    slots_[index].value.emplace(l.take());
                } catch (...) {
                    how = leg_end::error;
                    error = std::current_exception();
                }
            }
        }
        this->ended(index, how, same_turn, std::move(error));
    }
    void leg_gone(leg_base& gone) noexcept override {
        element_leg::free(static_cast<element_leg*>(&gone));
    }

private:
    class element_leg final : public leg<T> {
    public:
        element_leg() noexcept = default;
        ~element_leg() {
            this->drop_unstarted(); // a frame may refer to the element
            if (has_element)
                element.destroy();
        }
        static element_leg* make() {
            return ::new (frame_pool::allocate(sizeof(element_leg)))
                element_leg;
        }
        static void free(element_leg* l) noexcept {
            l->~element_leg();
            frame_pool::deallocate(l, sizeof(element_leg));
        }

        manual_lifetime<typename Source::element> element;
        bool has_element = false;
    };

    // Null: the range is at its end, or the leg could not be made.
    leg_base* make_next() noexcept {
        element_leg* l = nullptr;
        std::size_t const index = started_;
        try {
            if (!source_.advance()) {
                exhausted_ = true;
                return nullptr;
            }
            if constexpr (keeps_slots)
                slots_.emplace_back();
            ++started_;
            l = element_leg::make();
            source_.read(l->element);
            l->has_element = true;
            l->set_work(source_.make(l->element));
            if (this->launch(*l, index))
                return l;
            throw_no_task();
        } catch (...) {
            if (l)
                element_leg::free(l);
            refuse(index, std::current_exception());
        }
        return nullptr;
    }
    [[noreturn]] static void throw_no_task() {
        std::rethrow_exception(leg_host::no_task());
    }
    // Also what the range itself throws.
    void refuse(std::size_t index, std::exception_ptr error) noexcept {
        if (index == started_) {
            exhausted_ = true;
            if constexpr (!Rule::keeps_results)
                this->fail_source(std::move(error), "the range");
        } else {
            this->ended(index, leg_end::error, false, std::move(error));
        }
    }

    bool settle() noexcept final {
        bool const deliver = this->decide();
        if constexpr (keeps_values) {
            for (std::size_t i = 0; i != slots_.size(); ++i)
                if (slots_[i].value && !this->delivers(i))
                    hand_over_slot(slots_[i]);
        }
        return deliver;
    }
    void hand_over_slot(slot& from) noexcept {
        if constexpr (!std::is_same_v<Drop, drop_values>) {
            try {
                std::invoke(drop_, value_of(from));
            } catch (...) {
                this->home().unhandled(std::current_exception(),
                                       "on_undelivered threw");
            }
        }
        from.value.reset();
    }

    [[no_unique_address]] Drop drop_;
    Source source_;
    std::size_t limit_;
    std::size_t started_ = 0;
    bool exhausted_ = false;
    std::vector<slot> slots_;
    std::vector<leg_result> results_;
};

template<template<class, class> class Awaiter, class Drop, class Source>
class [[nodiscard("legs start when they are awaited: co_await it")]] range_op {
public:
    range_op(legs_options const& options, Drop&& drop, Source&& source)
        : options_(options),
          drop_(std::forward<Drop>(drop)),
          source_(std::move(source)) {}

    auto make_awaiter(frame_base& frame) && {
        return Awaiter<Drop, Source>(frame, options_, std::forward<Drop>(drop_),
                                     std::move(source_));
    }

    // Documented with each verb.
    template<class F>
    [[nodiscard("co_await it")]] auto on_undelivered(F&& f) && {
        TETHER_CHECK_BODY(F);
        return range_op<Awaiter, F, Source>(options_, std::forward<F>(f),
                                            std::move(source_));
    }
    [[nodiscard("co_await it")]] range_op losers(loser_errors what) && {
        options_.losers = what;
        return std::move(*this);
    }

private:
    legs_options options_;
    [[no_unique_address]] Drop drop_;
    Source source_;
};

template<template<class, class> class Awaiter, class Source>
auto make_range(legs_options const& options, Source&& source) {
    return range_op<Awaiter, drop_values, Source>(options, drop_values{},
                                                  std::move(source));
}

template<class R>
concept leg_range = std::ranges::input_range<R> && !awaitable<R>;

} // namespace detail
TETHER_END_NAMESPACE

#endif
