// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// The code of docs/files.md, run with real files.
#include "support/temporary_directory.hpp"
#include "support/test_case.hpp"

#include <tether/combine/map_concurrent.hpp>
#include <tether/scope/with.hpp>
#include <tether/stream/adaptors.hpp>
#include <tether/stream/for_each.hpp>
#include <tether/sync/capacity_limiter.hpp>
#include <tether/thread/async_file.hpp>
#include <tether/thread/write_file_atomically.hpp>

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace tether;
namespace asio = boost::asio;

namespace {

// [read]
task<std::string> read_file(std::string path) {
    co_return co_await with(async_file(path),
                            [](async_file& file) { return file.read(); });
}
// [read]

// [write]
task<> log_line(std::string path, std::string line) {
    using enum file_flags;
    line += '\n';
    auto const append_it = [&](async_file& file) -> task<> {
        co_await file.write(asio::buffer(line));
        co_await file.sync_data(); // it survives a power cut
    };
    co_await with(async_file(path, append | create), append_it);
}
// [write]

// [lines]
task<std::size_t> count_errors(std::string path) {
    std::size_t errors = 0;
    co_await with(async_file(path), [&](async_file& log) -> task<> {
        co_await for_each(log.lines(), [&](std::string line) {
            errors += line.starts_with("ERROR") ? 1U : 0U;
        });
    });
    co_return errors;
}
// [lines]

// [resume]
task<> import_rows(std::string path, std::string checkpoint,
                   std::vector<std::string>& rows) {
    auto const work = [&](async_file& file) -> task<> {
        std::string const done = co_await read_file(checkpoint);
        file.seek(std::stoull(done)); // behind the last row that was imported
        co_await for_each(
            file.lines() | chunk(100),
            [&](std::vector<std::string> some) -> task<> {
                rows.insert(rows.end(), some.begin(), some.end());
                std::string const now = std::to_string(file.position());
                co_await write_file_atomically(checkpoint, asio::buffer(now));
            });
    };
    co_await with(async_file(path), work);
}
// [resume]

// [limit]
task<std::vector<std::string>> read_all(std::vector<std::string> paths) {
    capacity_limiter disk(4);
    file_options const with_four{.limiter = &disk};
    co_return co_await map_concurrent(
        paths, 20, [&](std::string const& path) -> task<std::string> {
            co_return co_await with(
                async_file(path, file_flags::read, with_four),
                [](async_file& file) { return file.read(); });
        });
}
// [limit]

} // namespace

TETHER_TEST_CASE("docs/files.md: whole files, lines and appends") {
    tether_test::temporary_directory const here;
    std::string const log = here / "log";
    co_await log_line(log, "ERROR one");
    co_await log_line(log, "fine");
    co_await log_line(log, "ERROR two");
    auto const text = co_await read_file(log);
    CHECK(text == "ERROR one\nfine\nERROR two\n");
    auto const errors = co_await count_errors(log);
    CHECK(errors == 2);
    std::vector<std::string> const twice{log, log};
    auto const texts = co_await read_all(twice);
    CHECK(texts.size() == 2);
    CHECK(texts[1] == text);
}

TETHER_TEST_CASE("docs/files.md: an import that goes on where it was") {
    tether_test::temporary_directory const here;
    std::string const path = here / "rows";
    std::string const checkpoint = here / "checkpoint";
    std::string text;
    for (int i = 0; i != 250; ++i)
        text += "row " + std::to_string(i) + '\n';
    tether_test::put_content(path, text);
    tether_test::put_content(checkpoint, "0");
    std::vector<std::string> rows;
    co_await import_rows(path, checkpoint, rows);
    CHECK(rows.size() == 250);
    tether_test::put_content(path, text + "row 250\n");
    co_await import_rows(path, checkpoint, rows);
    CHECK(rows.size() == 251);
    CHECK(rows.back() == "row 250");
}
