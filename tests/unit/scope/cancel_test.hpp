// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What do the tests of cancellation share? Waits that can be driven by hand.
#ifndef TETHER_TESTS_UNIT_SCOPE_CANCEL_TEST_HPP
#define TETHER_TESTS_UNIT_SCOPE_CANCEL_TEST_HPP

#include "support/test_case.hpp"

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/scope.hpp>
#include <tether/task/dump_tree.hpp>

#include <exception>
#include <optional>
#include <string>

namespace tether_test {

using namespace tether;

// A value that somebody delivers, and what its wait answers to an abort.
class slow_source {
public:
    class wait_for final : public tether::wait {
    public:
        explicit wait_for(slow_source& source) noexcept : source_(&source) {}
        ~wait_for() {
            if (source_->waiter_ == this)
                source_->waiter_ = nullptr;
        }

        bool ready() const noexcept { return source_->value_.has_value(); }
        void start() noexcept {
            ++source_->starts;
            source_->waiter_ = this;
        }
        int result() const noexcept { return source_->value_.value_or(-1); }
        abort_result abort() noexcept override {
            ++source_->aborts;
            if (source_->answer == abort_result::done)
                source_->waiter_ = nullptr;
            return source_->answer;
        }
        char const* description() const noexcept override {
            return "a slow source";
        }
        void finish() noexcept { complete(); }
        void give_up() noexcept { complete_stopped(); }

    private:
        slow_source* source_;
    };

    class get_op {
    public:
        get_op(slow_source& source, std::source_location here) noexcept
            : source_(&source), where_(here) {}
        wait_for connect() const noexcept { return wait_for(*source_); }
        std::source_location where() const noexcept { return where_; }

    private:
        slow_source* source_;
        std::source_location where_;
    };

    get_op
    get(std::source_location here = std::source_location::current()) noexcept {
        return get_op(*this, here);
    }
    void deliver(int value) noexcept {
        value_ = value;
        if (waiter_)
            waiter_->finish();
    }
    void give_up() noexcept {
        if (waiter_)
            waiter_->give_up();
    }

    abort_result answer = abort_result::done;
    int aborts = 0;
    int starts = 0;

private:
    std::optional<int> value_;
    wait_for* waiter_ = nullptr;
};

// The error that `work` throws, null if none.
template<class Work>
task<std::exception_ptr> error_of(Work& work) {
    std::exception_ptr error;
    try {
        co_await work();
    } catch (...) {
        error = std::current_exception();
    }
    co_return error;
}

template<class E>
std::string text_of(std::exception_ptr const& error) {
    try {
        if (error)
            std::rethrow_exception(error);
    } catch (E const& e) {
        return e.what();
    } catch (...) {
        return "another error";
    }
    return "no error";
}

inline bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace tether_test

#endif
