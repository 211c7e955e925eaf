// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The failing tests of docs/testing.md: what run_test() reports, without any
// test framework.
#include <tether/testing.hpp>
#include <tether/tether.hpp>

#include <boost/asio/detached.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

using namespace tether;
using namespace std::chrono_literals;

namespace {

// [code]
// A value that one task asks a server for, and all the others wait for.
class shared_value {
public:
    task<std::string> get() {
        co_await arrived_.wait();
        co_return value_;
    }
    task<> load(std::string answer) {
        co_await sleep_for(2s); // the server is slow
        if (answer.empty())
            co_return; // nothing came
        value_ = answer;
        arrived_.set();
    }

private:
    event arrived_;
    std::string value_;
};

task<> store(std::string value) {
    co_await sleep_for(1s);
    if (value.size() > 10)
        throw std::runtime_error("the disk is full");
}
// [code]

// [tests]
task<> everybody_gets_the_value() {
    shared_value value;
    co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn(&shared_value::load, &value, "");
        auto const got = co_await value.get();
        if (got != "42")
            throw std::runtime_error("got " + got);
    });
}

task<> the_value_is_stored() {
    auto const stored = co_await as_outcome(store("a long answer"));
    if (stored)
        std::cout << "stored\n";
}

task<> a_store_goes_on_alone() {
    co_spawn(this_task::executor(), store("42"), boost::asio::detached);
    co_await testing::settle();
}
// [tests]

// [main]
int failures = 0;

void check(char const* name, task<> (*test)()) {
    testing::test_options options;
    options.name = name;
    try {
        testing::run_test(test, options);
        std::cout << "passed: " << name << '\n';
    } catch (std::exception const& failure) {
        std::cout << "FAILED: " << name << '\n' << failure.what() << '\n';
        ++failures;
    }
}
// [main]

} // namespace

int main() {
    check("everybody gets the value", &everybody_gets_the_value);
    check("the value is stored", &the_value_is_stored);
    check("a store goes on alone", &a_store_goes_on_alone);
    return failures;
}
