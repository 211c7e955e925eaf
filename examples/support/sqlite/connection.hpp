// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do the examples speak to a database? SQLite on a real file: connections,
/// cursors, and the file that goes with the example.
#ifndef TETHER_EXAMPLES_SUPPORT_SQLITE_CONNECTION_HPP
#define TETHER_EXAMPLES_SUPPORT_SQLITE_CONNECTION_HPP

#include <tether/task.hpp>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace sqlite {

/// What SQLite says when a statement fails.
class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The name of a file that nobody else uses, removed at the end.
class temporary_file {
public:
    temporary_file();
    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;
    ~temporary_file();

    std::string name() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

/// The rows of one query; a resource with open() and close().
class cursor {
public:
    cursor(sqlite3* connection, std::string query);

    tether::task<> open();
    tether::task<> close();
    /// Goes on to the next row; false at the end. A checkpoint.
    tether::task<bool> next();

    /// Columns of the row, counted from 0.
    long long integer(int column) const;
    std::string text(int column) const;

private:
    struct finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    sqlite3* connection_;
    std::string query_;
    std::unique_ptr<sqlite3_stmt, finalize> statement_;
};

/// A connection to a file, which is made if there is none.
///
/// It meets what connection_pool and transaction ask for. SQLite answers in
/// place, in microseconds for what the examples ask, so the loop waits for it
/// and a stop never finds it between a request and its reply.
class connection {
public:
    explicit connection(std::string file);

    tether::task<> open();
    tether::task<> close();
    bool in_exchange() const noexcept { return false; }

    tether::task<> execute(std::string statements);
    tether::task<> begin() { return execute("BEGIN"); }
    tether::task<> commit() { return execute("COMMIT"); }
    tether::task<> rollback() { return execute("ROLLBACK"); }

    /// Rows of a query, to be kept or opened.
    cursor rows(std::string query);
    /// The one number that a query gives.
    tether::task<long long> number(std::string query);

private:
    struct shut {
        void operator()(sqlite3* connection) const noexcept;
    };

    std::string file_;
    std::unique_ptr<sqlite3, shut> connection_;
};

} // namespace sqlite

#endif
