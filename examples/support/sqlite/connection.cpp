// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
#include "support/sqlite/connection.hpp"

#include <tether/scope/with.hpp>

#include <random>
#include <system_error>
#include <utility>

#include <sqlite3.h>

using tether::task;

namespace sqlite {

namespace {

[[noreturn]] void fail(sqlite3* connection) {
    throw error(sqlite3_errmsg(connection));
}

} // namespace

temporary_file::temporary_file()
    : path_(std::filesystem::temp_directory_path() /
            ("tether-" + std::to_string(std::random_device()()) + ".db")) {}

temporary_file::~temporary_file() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

void cursor::finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

cursor::cursor(sqlite3* connection, std::string query)
    : connection_(connection), query_(std::move(query)) {}

task<> cursor::open() {
    co_await tether::checkpoint();
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(connection_, query_.c_str(), -1, &made, nullptr) !=
        SQLITE_OK)
        fail(connection_);
    statement_.reset(made);
}

task<> cursor::close() {
    statement_.reset();
    co_await tether::checkpoint();
}

task<bool> cursor::next() {
    co_await tether::checkpoint_if_cancelled(); // others run now and then
    int const result = sqlite3_step(statement_.get());
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        fail(connection_);
    co_return result == SQLITE_ROW;
}

long long cursor::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string cursor::text(int column) const {
    auto const* const bytes = sqlite3_column_text(statement_.get(), column);
    return bytes ? reinterpret_cast<char const*>(bytes) : std::string();
}

void connection::shut::operator()(sqlite3* connection) const noexcept {
    sqlite3_close_v2(connection);
}

connection::connection(std::string file) : file_(std::move(file)) {}

task<> connection::open() {
    co_await tether::checkpoint();
    sqlite3* made = nullptr;
    int const result = sqlite3_open(file_.c_str(), &made);
    connection_.reset(made); // also of one that could not be opened
    if (result != SQLITE_OK)
        fail(made);
}

task<> connection::close() {
    connection_.reset();
    co_await tether::checkpoint();
}

task<> connection::execute(std::string statements) {
    co_await tether::checkpoint();
    if (sqlite3_exec(connection_.get(), statements.c_str(), nullptr, nullptr,
                     nullptr) != SQLITE_OK)
        fail(connection_.get());
}

cursor connection::rows(std::string query) {
    return cursor(connection_.get(), std::move(query));
}

task<long long> connection::number(std::string query) {
    cursor one = rows(std::move(query));
    co_return co_await tether::with(one, [](cursor& row) -> task<long long> {
        if (!co_await row.next())
            throw error("no row");
        co_return row.integer(0);
    });
}

} // namespace sqlite
