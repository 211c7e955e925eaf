// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a sweep let the k-th thing fail that may fail?
#ifndef TETHER_TESTING_DETAIL_FAULT_INJECTOR_HPP
#define TETHER_TESTING_DETAIL_FAULT_INJECTOR_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/testing/detail/hooked_run.hpp>
#include <tether/testing/injected_fault.hpp>
#include <tether/testing/sweep_report.hpp>

#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

using tether::detail::fault;

struct fault_plan {
    std::array<bool, 4> kinds{}; // in the order of `fault`
    boost::system::error_code completion_error;
    std::size_t max_checkpoints = 0;
    std::size_t max_points = 0;
    std::size_t max_failures = 0;
};

inline char const* name_of(fault what) noexcept {
    switch (what) {
    case fault::frame:
        return "memory of a frame, a child or an operation";
    case fault::heap:
        return "operator new";
    case fault::completion:
        return "a use_task operation";
    case fault::copy:
        return "a copy or move";
    }
    return "";
}

// Counts what may fail in tasks, and lets one of it fail; 0 is none.
class fault_injector final : public test_hooks {
public:
    fault_injector(fault_plan const& plan, std::size_t fail_at) noexcept
        : plan_(plan), fail_at_(fail_at), endless_(plan.max_checkpoints) {}

    bool arrived() const noexcept { return passed_ >= fail_at_; }
    void check_end(run_end& end) const {
        endless_.check_end("checkpoints", end);
    }
    std::string text() const {
        std::string out = std::to_string(fail_at_) + ", " + name_of(what_);
        if (size_ != 0)
            out += " (" + std::to_string(size_) + " bytes)";
        return out + where_.text() + ":\n" + where_.tree_text();
    }

    void checkpoint(task_record& r) noexcept override {
        test_hooks::checkpoint(r);
        endless_.count(*r.home());
    }
    void may_throw(fault what, std::size_t size) override {
        test_hooks::may_throw(what, size);
        task_record* const r = tether::detail::running_task();
        if (!r || counted(what, size) || !hit(what, size, *r))
            return;
        if (what == fault::copy)
            throw injected_fault("a copy or move failed as asked");
        throw std::bad_alloc();
    }
    boost::system::error_code completing(task_record& r) noexcept override {
        if (auto const code = test_hooks::completing(r); code.failed())
            return code;
        return hit(fault::completion, 0, r) ? plan_.completion_error
                                            : boost::system::error_code();
    }

private:
    // Some blocks of the frame pool come straight from operator new: one point.
    bool counted(fault what, std::size_t size) noexcept {
        if (what == fault::frame)
            pool_asks_for_ = frame_pool::alone(size) ? size : 0;
        else if (what == fault::heap)
            return std::exchange(pool_asks_for_, 0) == size;
        return false;
    }
    bool hit(fault what, std::size_t size, task_record& r) {
        if (describing_ || !plan_.kinds[static_cast<std::size_t>(what)] ||
            ++passed_ != fail_at_)
            return false;
        what_ = what;
        size_ = size;
        describing_ = true;
        where_.at(r);
        describing_ = false;
        return true;
    }

    fault_plan plan_;
    std::size_t fail_at_;
    std::size_t passed_ = 0;
    bool describing_ = false; // allocates, and must not count that
    std::size_t pool_asks_for_ = 0;
    fault what_{};
    std::size_t size_ = 0;
    disturbance where_;
    endless_guard endless_;
};

inline sweep_report sweep_faults(hooked_run const& run,
                                 fault_plan const& plan) {
    run_log log("fault_sweep", plan.max_failures);
    sweep_report report;
    for (std::size_t k = 0; k <= plan.max_points && !log.full(); ++k) {
        fault_injector hooks(plan, k);
        run_end end = run(hooks, k != 0);
        hooks.check_end(end);
        bool const well = log.add(end, k != 0, [&] {
            return k == 0 ? std::string("without a fault:\n")
                          : "failed at point " + hooks.text();
        });
        if (!hooks.arrived() || (k == 0 && !well))
            break;
        report.points = k;
    }
    log.throw_failures();
    report.runs = log.runs();
    return report;
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
