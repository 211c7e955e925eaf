// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a generator hold a connection? `keep` opens it and closes it at the
/// end of the generator, whoever ends it and how.
#ifndef TETHER_STREAM_KEEP_HPP
#define TETHER_STREAM_KEEP_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/with.hpp>
#include <tether/stream/detail/closing_stack.hpp>
#include <tether/task/task.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class R>
struct resource_of {
    using type = R;
};
template<class R>
struct resource_of<std::reference_wrapper<R>> {
    using type = R;
};

// `R` itself, or a reference to a resource that outlives the generator.
template<class R>
class kept_resource final : public kept_base {
public:
    using resource = typename resource_of<R>::type;

    explicit kept_resource(R&& held) : held_(std::move(held)) {}

    resource& get() noexcept { return held_; }

    // A generator that is kept may have ended by itself.
    bool open() const noexcept override {
        resource const& r = held_;
        if constexpr (requires { r.finished(); })
            return !r.finished();
        else
            return true;
    }
    task<> close(exit_reason const& why) override {
        if constexpr (requires { get().close(why); })
            return get().close(why);
        else
            return static_cast<void>(why), get().close();
    }

private:
    R held_;
};

// Of a generator: awaited nowhere else.
template<class R>
class [[nodiscard("co_await keep(...) inside of a generator")]] keep_op {
public:
    using resource = typename resource_of<R>::type;

    explicit keep_op(R&& held, bool drops_ended = false)
        : held_(std::move(held)), drops_ended_(drops_ended) {}

    // Opens it; what was not opened is not closed.
    template<class Promise>
    task<resource&> run(Promise& generator) && {
        return open(generator, std::move(held_), drops_ended_);
    }

private:
    template<class Promise>
    static task<resource&> open(Promise& generator, R taken, bool drops_ended) {
        auto kept = std::make_unique<kept_resource<R>>(std::move(taken));
        resource& made = kept->get();
        generator.make_room_to_keep(); // what is opened is closed
        if constexpr (requires { made.open(); })
            co_await made.open();
        generator.keep(std::move(kept), drops_ended);
        co_return made;
    }

    R held_;
    bool drops_ended_;
};

} // namespace detail

/// Hands a resource to the generator that awaits this; it is opened now and
/// closed when the generator has ended.
///
/// Invariant: closed after the frame of the generator is gone, so after its
/// locals; several resources in reverse order.
/// Parameters: an async_resource, moved into the keeping of the generator; or
/// `std::ref` of one that outlives it. An async_generator is a resource.
/// Result: a reference to the resource, valid as long as the generator.
/// Errors: of open(): then it is not closed. An error of close() comes out of
/// the await that ended the generator, beside its own in an exception_group.
/// Completes when: open(), if there is one, has ended.
/// On cancellation: passed to open(). close() runs behind a shield with a grace
/// of ten seconds, then the stop passes on.
/// Never lost: closed on every end: of the body, by an error, by a stop inside,
/// by close(). A generator that is destroyed while open cannot await: the
/// resource is destroyed unclosed, and on_unhandled_error is told.
/// Example:
/// \code
/// async_generator<row> rows(database& db, query q) {
///     auto& connection = co_await keep(db.connection());
///     auto& cursor = co_await keep(connection.cursor(q));
///     while (auto r = co_await cursor.fetch())
///         co_yield std::move(*r);
/// }
/// \endcode
/// Source: folly's co_scope_exit; the checks are ours.
template<class R>
[[nodiscard("co_await keep(...) inside of a generator")]] auto
keep(R&& resource) {
    static_assert(!std::is_lvalue_reference_v<R>,
                  "keep takes the resource over: write keep(std::move(r)), or "
                  "keep(std::ref(r)) for one that outlives the generator");
    using held = std::remove_cvref_t<R>;
    static_assert(async_resource<typename detail::resource_of<held>::type>,
                  "keep needs something with close() or close(exit_reason "
                  "const&) that returns tether::task<>");
    static_assert(!(TETHER_GCC_DOUBLE_DESTROY && std::is_aggregate_v<held> &&
                    !std::is_trivially_destructible_v<held>),
                  "g++ before 13 destroys an aggregate twice when it is a "
                  "temporary in a co_await expression: give the resource a "
                  "constructor, or keep(std::ref(r)) one that outlives the "
                  "generator");
    return detail::keep_op<held>(std::move(resource));
}

TETHER_END_NAMESPACE

#endif
