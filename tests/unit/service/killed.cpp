// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// A program that writes transactions to a database, and a file as a whole, is
// killed or asked to end at random moments: what it leaves behind is old or new
// and never half, and all that it has reported as written is there.
#include "service_test.hpp"

#include "support/child_process.hpp"
#include "support/seeds.hpp"

#include <tether/resilience/connection_pool.hpp>
#include <tether/resilience/transaction.hpp>
#include <tether/scope/shielded.hpp>

#include <sqlite3.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>

#include <unistd.h>

namespace {

using namespace service_test;
namespace fs = std::filesystem;

class database {
public:
    explicit database(fs::path const& file) {
        sqlite3* opened = nullptr;
        int const code = ::sqlite3_open(file.c_str(), &opened);
        handle_.reset(opened);
        if (code != SQLITE_OK)
            throw std::runtime_error(::sqlite3_errmsg(opened));
    }

    void execute(std::string const& statement) {
        if (::sqlite3_exec(handle_.get(), statement.c_str(), nullptr, nullptr,
                           nullptr) != SQLITE_OK)
            throw std::runtime_error(::sqlite3_errmsg(handle_.get()));
    }
    long number(std::string const& query) {
        long value = 0;
        auto const store = [](void* to, int, char** columns, char**) {
            *static_cast<long*>(to) = columns[0] ? std::atol(columns[0]) : 0;
            return 0;
        };
        if (::sqlite3_exec(handle_.get(), query.c_str(), store, &value,
                           nullptr) != SQLITE_OK)
            throw std::runtime_error(::sqlite3_errmsg(handle_.get()));
        return value;
    }

    // As transaction() wants it. Between its statements others run.
    bool in_exchange() const noexcept { return false; }
    task<> begin() { return order("BEGIN"); }
    task<> commit() { return order("COMMIT"); }
    task<> rollback() { return order("ROLLBACK"); }
    task<> order(std::string statement) {
        co_await checkpoint();
        execute(statement);
    }

private:
    struct closer {
        void operator()(sqlite3* db) const noexcept { ::sqlite3_close(db); }
    };
    std::unique_ptr<sqlite3, closer> handle_;
};

constexpr int lines = 200;

// The file of the last time stays until the new one is whole.
task<> replace_file(fs::path path, long number) {
    fs::path const draft = path.string() + ".new";
    {
        std::ofstream out(draft);
        for (int i = 0; i != lines; ++i) {
            out << number << '\n' << std::flush;
            if (i % 20 == 0)
                co_await checkpoint();
        }
    }
    fs::rename(draft, path);
}

// --- the program that is killed: a case of this one, in a directory of its own

task<> writes(connection_pool<database>& pool, fs::path directory) {
    for (long n = 1; !this_task::cancel_requested(); ++n) {
        std::string const value = "(" + std::to_string(n) + ")";
        co_await transaction(pool, [&](database& db) -> task<> {
            co_await db.order("INSERT INTO debits VALUES " + value);
            co_await sleep_for(std::chrono::microseconds(n % 7 * 100));
            co_await db.order("INSERT INTO credits VALUES " + value);
        });
        co_await shielded(replace_file(directory / "state", n));
        std::printf("wrote %ld\n", n);
        std::fflush(stdout);
    }
}

task<int> writer(fs::path directory) {
    graceful_shutdown gs({SIGTERM}, {.grace = 5ms});
    connection_pool<database> pool(
        [&]() -> task<database> { co_return database(directory / "db"); },
        {.max = 1});
    co_return co_await gs.run([&]() -> task<> {
        co_await with(pool, [&](connection_pool<database>& p) {
            return writes(p, directory);
        });
    });
}

TEST_CASE("a program that writes", "[.writer]") {
    std::_Exit(run_main(run_options{}, writer,
                        fs::path(std::getenv("TETHER_DIRECTORY"))));
}

// --- what is left of it

class directory {
public:
    directory() {
        char name[] = "/tmp/tether-killed-XXXXXX";
        if (!::mkdtemp(name))
            throw std::runtime_error("mkdtemp");
        path = name;
        database db(path / "db");
        db.execute("CREATE TABLE debits (n); CREATE TABLE credits (n)");
    }
    directory(directory const&) = delete;
    directory& operator=(directory const&) = delete;
    ~directory() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path;
};

// The number that every line of the file has; 0 without a file, -1 for a file
// that is not whole.
long whole_number(fs::path const& file) {
    std::ifstream in(file);
    if (!in)
        return 0;
    long first = -1;
    long number = 0;
    int count = 0;
    for (; in >> number; ++count)
        if (std::exchange(first, number) != number && count != 0)
            return -1;
    return count == lines ? first : -1;
}

// Kills it after a random number of reports and a random while.
std::string one_kill(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    bool const gently = random() % 3 == 0;
    directory const place;
    ::setenv("TETHER_DIRECTORY", place.path.c_str(), 1);
    tether_test::child_process program(
        fs::read_symlink("/proc/self/exe").string(), {"[.writer]"});
    long const wanted = static_cast<long>(random() % 8);
    auto const patience = std::chrono::steady_clock::now() + 60s;
    while (whole_number(place.path / "state") < wanted &&
           std::chrono::steady_clock::now() < patience)
        ::usleep(100);
    ::usleep(static_cast<unsigned>(random() % 3000));
    program.signal(gently ? SIGTERM : SIGKILL);
    auto const end = program.wait();

    std::string what;
    auto const expect = [&](bool holds, std::string const& complaint) {
        if (!holds)
            what += complaint + "; ";
    };
    if (gently)
        expect(end.code == 0 || end.code == 128 + SIGTERM,
               "exit code " + std::to_string(end.code) + ' ' + end.err);
    long reported = 0;
    if (auto const at = end.out.rfind("wrote "); at != std::string::npos)
        reported = std::atol(end.out.c_str() + at + 6);
    database db(place.path / "db");
    long const debits = db.number("SELECT count(*) FROM debits");
    long const credits = db.number("SELECT count(*) FROM credits");
    long const state = whole_number(place.path / "state");
    expect(debits == credits, std::to_string(debits) + " debits and " +
                                  std::to_string(credits) + " credits");
    expect(debits == db.number("SELECT max(n) FROM debits"), "a gap");
    expect(debits >= reported, "a transaction that was reported is lost");
    expect(state >= reported, "the file is half, or older than reported");
    expect(state == debits || state == debits - 1,
           "the file is of " + std::to_string(state));
    return what;
}

TEST_CASE("a program killed at a random moment leaves each transaction and "
          "each file old or new, never half") {
    std::uint64_t const first =
        tether_test::number_from("TETHER_SEED", std::random_device()());
    std::cout << "seeds: TETHER_SEED=" << first << " and the next\n";
    for (std::uint64_t seed = first; seed != first + 30; ++seed) {
        INFO("TETHER_SEED=" << seed);
        CHECK(one_kill(seed) == "");
    }
}

} // namespace
