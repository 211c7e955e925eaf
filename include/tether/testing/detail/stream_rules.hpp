// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What must two connected streams do? One coroutine per rule.
#ifndef TETHER_TESTING_DETAIL_STREAM_RULES_HPP
#define TETHER_TESTING_DETAIL_STREAM_RULES_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/task/checkpoint.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/testing/conformance_suite.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

template<class T>
task<T> made_by(task<T> making) {
    return making;
}
template<class T>
task<T> made_by(T made) {
    co_return std::move(made);
}

template<class Make>
class stream_rules {
    using pair = tether::detail::task_value_t<decltype(made_by(
        std::declval<Make&>()()))>;
    using stream =
        std::remove_reference_t<decltype(std::declval<pair&>().first)>;
    using error_code = boost::system::error_code;

public:
    stream_rules(Make make, bool half_close, std::size_t large,
                 std::chrono::nanoseconds patience)
        : make_(std::move(make)),
          half_close_(half_close),
          large_(large),
          patience_(patience) {}

    task<> order() {
        pair p = co_await made();
        std::string const out = text(large_, 7);
        std::string const back = text(large_ / 2 + 1, 11);
        std::string there;
        std::string here;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&] { return write(p.first, out); });
            group.spawn([&] { return write(p.second, back); });
            group.spawn([&]() -> task<> {
                there = co_await read(p.second, out.size());
            });
            here = co_await read(p.first, back.size());
        });
        require_rule(there == out && here == back,
                     "other bytes arrived than were sent");
    }

    task<> waiting() {
        pair p = co_await made();
        std::string got;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn([&]() -> task<> { got = co_await some(p.second); });
            for (int i = 0; i != 3; ++i)
                co_await checkpoint();
            require_rule(got.empty(), "a read ended before a byte was sent");
            co_await write(p.first, "x");
        });
        require_rule(got == "x", "the read that waited got something else");
    }

    task<> at_most() {
        pair p = co_await made();
        co_await write(p.first, "abcdef");
        std::string all;
        while (all.size() < 6) {
            std::string const part = co_await some(p.second, 4);
            require_rule(!part.empty(), "a read gave no byte and no error");
            all += part;
        }
        require_rule(all == "abcdef", "small reads give other bytes");
    }

    task<> empty() {
        pair p = co_await made();
        std::size_t const in =
            co_await p.first.async_read_some(asio::mutable_buffer(), use_task);
        std::size_t const out =
            co_await p.first.async_write_some(asio::const_buffer(), use_task);
        require_rule(in == 0 && out == 0,
                     "an operation on an empty buffer moved bytes");
    }

    task<> end() {
        pair p = co_await made();
        co_await write(p.first, "last words");
        if (half_close_)
            p.first.shutdown(asio::socket_base::shutdown_send);
        else
            p.first.close();
        std::string const got = co_await read(p.second, 10);
        require_rule(got == "last words", "the end overtook the bytes");
        for (int i = 0; i != 2; ++i) {
            error_code const code = co_await read_error(p.second);
            require_rule(code == asio::error::eof,
                         "after the last byte a read must give eof");
        }
    }

    task<> half_close() {
        pair p = co_await made();
        p.first.shutdown(asio::socket_base::shutdown_send);
        co_await write(p.second, "still here");
        std::string const got = co_await read(p.first, 10);
        require_rule(got == "still here",
                     "ending one direction hurt the other one");
        error_code const code = co_await write_error(p.first);
        require_rule(code.failed(), "a write after its shutdown succeeded");
    }

    task<> close_wakes() {
        pair p = co_await made();
        error_code code;
        co_await with_task_group([&](task_group& group) -> task<> {
            group.spawn(
                [&]() -> task<> { code = co_await read_error(p.first); });
            for (int i = 0; i != 3; ++i)
                co_await checkpoint();
            p.first.close();
        });
        require_rule(code.failed(), "close() left a read waiting or gave it "
                                    "success");
    }

    task<> closed() {
        pair p = co_await made();
        p.first.close();
        p.first.close();
        error_code const in = co_await read_error(p.first);
        error_code const out = co_await write_error(p.first);
        require_rule(in.failed() && out.failed(),
                     "an operation on a closed stream succeeded");
    }

    task<> cancelled_read() {
        pair p = co_await made();
        for (int i = 0; i != 3; ++i) {
            auto const got = co_await move_on_after(
                std::chrono::milliseconds(1), some(p.second));
            require_rule(!got, "a read gave bytes that nobody sent");
        }
        co_await write(p.first, "abc");
        std::string const got = co_await read(p.second, 3);
        require_rule(got == "abc", "a cancelled read took bytes with it");
    }

    // Fills whatever is between the ends until a write waits; what the writes
    // said they took is what arrives.
    task<> cancelled_write() {
        pair p = co_await made();
        std::string const chunk = text(64 * 1024, 13);
        std::size_t sent = 0;
        for (;;) {
            std::string const part = chunk.substr(sent % chunk.size()) + chunk;
            auto const n = co_await move_on_after(
                patience_,
                p.first.async_write_some(asio::buffer(part), use_task));
            if (!n)
                break;
            sent += *n;
            require_rule(sent < (std::size_t{1} << 28),
                         "writes never wait although nobody reads");
        }
        std::string const got = co_await read(p.second, sent);
        for (std::size_t i = 0; i != got.size(); ++i)
            require_rule(got[i] == chunk[i % chunk.size()],
                         "other bytes arrived than the writes reported");
        co_await write(p.first, "!");
        std::string const next = co_await some(p.second, 1);
        require_rule(next == "!", "a cancelled write has written");
    }

    task<> peer_gone() {
        pair p = co_await made();
        p.second.close();
        for (int i = 0; i != 1000; ++i) {
            error_code const code = co_await write_error(p.first);
            if (code.failed())
                co_return;
        }
        require_rule(false, "writes to a closed peer go on succeeding");
    }

    task<> handlers() {
        pair p = co_await made();
        co_await write(p.first, "x");
        auto const seen = std::make_shared<handler_calls>();
        auto const note = [seen](error_code, std::size_t) {
            ++seen->calls;
            seen->inside = seen->inside || seen->initiating;
        };
        p.second.async_read_some(asio::buffer(&seen->byte, 1), note);
        p.second.async_write_some(asio::buffer("y", 1), note);
        seen->initiating = false;
        while (seen->calls != 2)
            co_await sleep_for(std::chrono::milliseconds(1));
        require_rule(!seen->inside,
                     "a handler was called from inside the call that began "
                     "its operation");
        require_rule(seen->byte == 'x', "the read gave another byte");
    }

    task<> moved() {
        pair p = co_await made();
        co_await write(p.first, "before");
        stream other(std::move(p.first));
        co_await write(other, " after");
        std::string const got = co_await read(p.second, 12);
        require_rule(got == "before after", "a move lost bytes");
    }

    struct entry {
        char const* name;
        task<> (stream_rules::*rule)();
    };
    static std::vector<entry> all() {
        return {
            {"bytes arrive unchanged and in order, in both directions at once",
             &stream_rules::order},
            {"a read waits for a byte", &stream_rules::waiting},
            {"a read gives at least one byte and at most what fits",
             &stream_rules::at_most},
            {"empty buffers end at once", &stream_rules::empty},
            {"the end comes after the last byte, and stays",
             &stream_rules::end},
            {"half-close leaves the other direction open",
             &stream_rules::half_close},
            {"close ends a read that waits", &stream_rules::close_wakes},
            {"operations on a closed stream fail, closing again does not",
             &stream_rules::closed},
            {"a cancelled read has taken nothing",
             &stream_rules::cancelled_read},
            {"writes wait for a slow reader, a cancelled one has written "
             "nothing",
             &stream_rules::cancelled_write},
            {"writes to a closed peer fail in the end",
             &stream_rules::peer_gone},
            {"handlers are called later", &stream_rules::handlers},
            {"a stream that is moved keeps its connection",
             &stream_rules::moved},
        };
    }

private:
    // Not in the frame, which a check that hangs loses.
    struct handler_calls {
        int calls = 0;
        bool initiating = true;
        bool inside = false;
        char byte = 0;
    };

    task<pair> made() { return made_by(make_()); }

    static std::string text(std::size_t n, std::size_t step) {
        std::string out(n, ' ');
        for (std::size_t i = 0; i != n; ++i)
            out[i] = static_cast<char>('a' + (i * step + i / 26) % 26);
        return out;
    }
    static task<> write(stream& to, std::string what) {
        co_await asio::async_write(to, asio::buffer(what), use_task);
    }
    static task<std::string> read(stream& from, std::size_t n) {
        std::string got(n, '?');
        co_await asio::async_read(from, asio::buffer(got), use_task);
        co_return got;
    }
    static task<std::string> some(stream& from, std::size_t most = 4096) {
        std::string got(most, '?');
        std::size_t const n =
            co_await from.async_read_some(asio::buffer(got), use_task);
        got.resize(n);
        co_return got;
    }
    static task<error_code> read_error(stream& from) {
        try {
            co_await some(from);
        } catch (boost::system::system_error const& e) {
            co_return e.code();
        }
        co_return error_code();
    }
    static task<error_code> write_error(stream& to) {
        try {
            co_await write(to, "x");
        } catch (boost::system::system_error const& e) {
            co_return e.code();
        }
        co_return error_code();
    }
    Make make_;
    bool half_close_;
    std::size_t large_;
    std::chrono::nanoseconds patience_;
};

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
