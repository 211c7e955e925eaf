// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What does one run of a test consist of? A context, a clock, a driver, and a
/// list of what was found wrong.
#ifndef TETHER_TESTING_DETAIL_TEST_SESSION_HPP
#define TETHER_TESTING_DETAIL_TEST_SESSION_HPP

#include <tether/core/asio.hpp>
#include <tether/core/detail/text.hpp>
#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/format_error.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/detail/format_tree.hpp>
#include <tether/runtime/frame_pool.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/task/detail/drive.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/testing/detail/end_check.hpp>
#include <tether/testing/detail/hooks_guard.hpp>
#include <tether/testing/detail/test_driver.hpp>
#include <tether/testing/test_failure.hpp>
#include <tether/testing/test_options.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

using tether::detail::frame_pool;

// The frames and records alive when the test began.
struct leak_count {
    std::ptrdiff_t before = frame_pool::live();
};

// A group keeps the blocks of the children that failed, as long as it lives.
inline bool holds_blocks(std::exception_ptr const& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (exception_group const&) {
        return true;
    } catch (task_failed const&) {
        return true;
    } catch (std::nested_exception const&) {
        return true;
    } catch (...) {
        return false;
    }
}

inline bool is_cancelled(std::exception_ptr const& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (cancelled_error const&) {
        return true;
    } catch (...) {
        return false;
    }
}

inline std::string indented(std::string_view text, std::string_view by) {
    std::string out;
    while (!text.empty()) {
        std::size_t const end = text.find('\n');
        out += by;
        out += text.substr(0, end);
        out += '\n';
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return out;
}

struct unhandled_error {
    std::exception_ptr error;
    std::string what;
};

// What was wrong with a test besides the error of its body. Outlives the
// context, whose end may bring up more.
class test_findings {
public:
    explicit test_findings(test_options const& options) noexcept
        : name_(options.name) {}

    // Errors that nobody received.
    std::vector<unhandled_error> unhandled;

    void add(std::string problem) { problems_.push_back(std::move(problem)); }

    // After the context is gone.
    void rethrow(leak_count const& leaks, std::exception_ptr error) {
        for (unhandled_error& u : std::exchange(unhandled, {}))
            add("nobody received an error, " + u.what + ":\n" +
                indented(format_error(u.error), "  "));
        std::ptrdiff_t const left = frame_pool::live() - leaks.before;
        if (left > 0 && !(error && holds_blocks(error)))
            add(std::to_string(left) +
                " coroutine frames or child records are left: a task object, "
                "or a handle to a frame, outlives the test\n");
        if (!problems_.empty())
            throw test_failure(report(error), error);
        if (error)
            std::rethrow_exception(std::move(error));
    }

private:
    std::string report(std::exception_ptr const& error) const {
        std::string out = "the test";
        if (*name_ != '\0') {
            out += ' ';
            tether::detail::append_quoted(out, name_);
        }
        out += " failed:\n";
        for (std::string const& problem : problems_)
            out += problem;
        if (error) {
            out += "its body ended with an error as well:\n";
            out += indented(format_error(error), "  ");
        }
        out.pop_back(); // the last line break
        return out;
    }

    char const* name_;
    std::vector<std::string> problems_;
};

// Where what a test awaits finds the session, from the context of its loop.
class test_service final : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id;

    explicit test_service(asio::execution_context& context)
        : asio::execution_context::service(context) {}

    class test_session* session = nullptr;

private:
    void shutdown() noexcept override {}
};

class helpers_waiter : public tether::detail::list_node {
public:
    virtual void joined() noexcept = 0; // on the loop, out of the list

protected:
    ~helpers_waiter() = default;
};

class eager_hooks final : public test_hooks {
public:
    bool starts_eagerly() noexcept override { return true; }
};

class test_session {
public:
    test_session(test_options const& options, test_findings& found)
        : found_(found),
          clock_(options.clock),
          home_(tether::detail::loop_service::acquire(io_.get_executor())),
          guard_(home_, options.real_time ? nullptr : &clock_),
          driver_(io_, home_, options.real_time ? nullptr : &clock_,
                  options.hang_guard) {
        asio::use_service<test_service>(io_).session = this;
        if (options.eager)
            eager_guard_.emplace(home_, eager_);
        home_.on_unhandled_error(
            [this](std::exception_ptr error, char const* what) {
                found_.unhandled.push_back({std::move(error), what});
            });
    }
    test_session(test_session const&) = delete;
    test_session& operator=(test_session const&) = delete;

    loop& home() noexcept { return home_; }
    test_driver& driver() noexcept { return driver_; }
    test_findings& findings() noexcept { return found_; }

    template<class Body>
    void run(Body&& work,
             tether::detail::root_result<typename Body::value_type>& result) {
        using result_type =
            tether::detail::root_result<typename Body::value_type>;
        struct done {
            result_type* to;
            test_session* self;
            void operator()(result_type&& r) {
                *to = std::move(r);
                self->driver_.main = nullptr;
                self->io_.stop();
            }
        };
        auto* const main = new tether::detail::root<Body, done>(
            std::forward<Body>(work), done{&result, this},
            std::source_location{});
        driver_.main = main;
        main->more().name = "main";
        main->start(home_);
        drive(result.error);
        name_open_objects();
        ask_doubles(result.error != nullptr);
    }

    // A helper: a root beside the main task. On the loop.
    template<class Body>
    void spawn(Body&& work) {
        using result_type =
            tether::detail::root_result<typename Body::value_type>;
        struct done {
            test_session* self;
            std::size_t id;
            void operator()(result_type&& r) {
                self->helper_ended(id, std::move(r.error));
            }
        };
        std::size_t const id = next_helper_++;
        auto* const helper = new tether::detail::root<Body, done>(
            std::forward<Body>(work), done{this, id}, std::source_location{});
        helpers_.emplace(id, helper);
        helper->more().name = "background";
        helper->start(home_);
    }

    // Whoever waits for the end of the helpers; taken out when stopped.
    tether::detail::intrusive_list<helpers_waiter>& joiners() noexcept {
        return joiners_;
    }
    bool has_helpers() const noexcept { return !helpers_.empty(); }
    void cancel_helpers() noexcept {
        for (auto const& [id, helper] : helpers_)
            helper->cancel(cancel_kind::shutdown,
                           "the body of the test has ended");
    }

private:
    void helper_ended(std::size_t id, std::exception_ptr error) {
        helpers_.erase(id);
        if (helpers_.empty())
            joiners_.for_each([](helpers_waiter& w) {
                w.unlink();
                w.joined();
            });
        if (!error || is_cancelled(error))
            return;
        found_.add("a background task ended with an error:\n" +
                   indented(format_error(error), "  "));
        if (!driver_.main)
            return;
        helper_failed_ = true;
        driver_.main->cancel(cancel_kind::sibling_failed,
                             "a background task of the test failed");
    }

    void drive(std::exception_ptr& error) {
        tether::detail::driver d(io_, home_, &driver_);
        d.drive([this] { return !driver_.main; }, driver_.main);
        driver_.finishing = true;
        // A task that was spawned last may not have begun.
        if (!driver_.main && home_.live_tasks() == 0)
            d.settle();
        // A main task that is stuck for good is destroyed with the context.
        if (!driver_.main && home_.live_tasks() != 0)
            finish(d);
        if (driver_.hung())
            report_hang();
        // That the main task was cancelled is the work of the test then.
        if ((driver_.hung() || helper_failed_) && error && is_cancelled(error))
            error = nullptr;
        try {
            d.rethrow();
        } catch (...) {
            error = std::current_exception();
        }
    }

    void name_open_objects() {
        if (home_.live_tasks() != 0)
            return; // which may hold them
        home_.open_objects().for_each([this](tether::detail::open_object& o) {
            found_.add("not closed at the end of the test: " + o.to_string() +
                       '\n');
        });
    }

    // What is wrong with them counts if the test itself found nothing.
    void ask_doubles(bool failed) {
        for (std::string& problem : asio::use_service<end_checks>(io_).take())
            if (!failed)
                found_.add(std::move(problem));
    }

    void finish(tether::detail::driver& d) {
        if (home_.live_tasks() != helpers_.size())
            found_.add("tasks are left that nobody waits for:\n" +
                       indented(tether::detail::format_tree(home_), "  "));
        cancel_helpers();
        d.finish();
        if (home_.live_tasks() != 0)
            found_.add("tasks did not end when they were cancelled:\n" +
                       indented(tether::detail::format_tree(home_), "  "));
    }

    void report_hang() {
        found_.add("it did not end within " +
                   tether::detail::duration_text(driver_.limit()) +
                   " of real time; its tasks were\n" +
                   indented(*driver_.hung(), "  "));
    }

    test_findings& found_;
    virtual_clock clock_;
    asio::io_context io_{1};
    tether::detail::loop& home_;
    tether::detail::clock_guard guard_;
    test_driver driver_;
    eager_hooks eager_;
    std::optional<hooks_guard> eager_guard_;
    std::map<std::size_t, tether::detail::root_base*> helpers_;
    std::size_t next_helper_ = 0;
    tether::detail::intrusive_list<helpers_waiter> joiners_;
    bool helper_failed_ = false;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
