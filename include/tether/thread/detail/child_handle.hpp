// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who waits for a child process, and who makes sure that it is gone? Its
/// handle, through a descriptor of the process and without a signal handler.
#ifndef TETHER_THREAD_DETAIL_CHILD_HANDLE_HPP
#define TETHER_THREAD_DETAIL_CHILD_HANDLE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/task/sleep.hpp>
#include <tether/task/task.hpp>
#include <tether/task/use_task.hpp>
#include <tether/thread/detail/file_descriptor.hpp>
#include <tether/thread/exit_status.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

TETHER_BEGIN_NAMESPACE
namespace detail {

// Readable from the end of the process on. -1 where the system has none: before
// Linux 5.3, and in sandboxes that do not know the call.
inline int open_process_descriptor(::pid_t pid) noexcept {
#if defined(SYS_pidfd_open)
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
#else
    static_cast<void>(pid);
    return -1;
#endif
}

// Templates over the type of the descriptor, and of the time: what depends on
// nothing would be compiled into each unit.
template<class Descriptor>
task<> until_readable(Descriptor& descriptor) {
    co_await descriptor.async_wait(Descriptor::wait_read, use_task);
}
template<class Duration>
task<> wait_for(Duration d) {
    co_await sleep_for(d);
}

// A child from its start until it was reaped. It is reaped in the moment in
// which its end is seen, so that its number is valid as long as it is used.
class child_handle {
public:
    explicit child_handle(asio::any_io_executor const& executor)
        : ended_(executor) {}
    child_handle(child_handle const&) = delete;
    child_handle& operator=(child_handle const&) = delete;
    // Whoever still waits is destroyed with us, or was never started: the
    // child must not outlive that.
    ~child_handle() {
        signal(SIGKILL);
        reap();
    }

    void started(::pid_t pid, bool leads_group) {
        pid_ = pid;
        leads_group_ = leads_group;
        file_descriptor made(open_process_descriptor(pid));
        if (made.get() < 0)
            return;
        ended_.assign(made.get());
        made.release();
    }

    ::pid_t pid() const noexcept { return pid_; }
    // Somebody else may have asked the system for it, so that it is lost.
    bool has_ended() noexcept { return gone_ || look(); }
    std::optional<exit_status> const& status() const noexcept {
        return status_;
    }

    // False if there is nobody to send it to, or no such signal.
    bool signal(int number) noexcept {
        return pid_ > 0 && !gone_ &&
               ::kill(leads_group_ ? -pid_ : pid_, number) == 0;
    }

    // Ends when has_ended() may be true.
    template<class = void>
    task<> change() {
        if (ended_.is_open())
            return until_readable(ended_);
        pause_ = (std::min)(2 * pause_, longest_pause);
        return wait_for(pause_);
    }

private:
    static constexpr std::chrono::microseconds longest_pause{20'000};

    bool look() noexcept {
        if (pid_ <= 0)
            return false;
        ::siginfo_t info{};
        if (::waitid(P_PID, static_cast<::id_t>(pid_), &info,
                     WEXITED | WNOHANG | WNOWAIT) != 0) {
            gone_ = errno == ECHILD;
            return gone_;
        }
        if (info.si_pid == 0)
            return false;
        // Nobody can have the number of the group before this one is reaped.
        if (leads_group_)
            ::kill(-pid_, SIGKILL);
        ::siginfo_t same{};
        ::waitid(P_PID, static_cast<::id_t>(pid_), &same, WEXITED);
        if (info.si_code == CLD_EXITED)
            status_ = exit_status::of_code(info.si_status);
        else
            status_ = exit_status::of_signal(info.si_status,
                                             info.si_code == CLD_DUMPED);
        gone_ = true;
        return true;
    }

    // After SIGKILL, which takes effect at once unless the system is busy with
    // a device for the process: nobody waits for that without end.
    void reap() noexcept {
        using clock = std::chrono::steady_clock;
        auto const patience = clock::now() + std::chrono::seconds(5);
        while (pid_ > 0 && !has_ended() && clock::now() < patience) {
            bool const told = ended_.is_open();
            ::pollfd wait{told ? ended_.native_handle() : -1, POLLIN, 0};
            ::poll(&wait, 1, told ? 100 : 1);
        }
    }

    asio::posix::stream_descriptor ended_;
    ::pid_t pid_ = -1;
    bool leads_group_ = false;
    bool gone_ = false;
    std::optional<exit_status> status_;
    std::chrono::microseconds pause_{500};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
