// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// A limiter whose permits are objects. The mistake: it lets others run between
// the moment when it counts the permit and the moment when somebody has it.

#include "planted.hpp"

#include <optional>
#include <utility>

namespace {

using namespace planted;

class limiter {
public:
    class permit {
    public:
        explicit permit(limiter& from) : from_(&from) {}
        permit(permit&& other) noexcept
            : from_(std::exchange(other.from_, nullptr)) {}
        ~permit() {
            if (from_)
                --from_->used_;
        }

    private:
        limiter* from_;
    };

    limiter(int size, bool polite) : size_(size), polite_(polite) {}

    task<permit> enter() {
        while (used_ == size_)
            co_await sleep_for(1ms);
        ++used_;
        if (polite_)
            co_await checkpoint();
        co_return permit(*this);
    }
    int used() const { return used_; }

private:
    int size_;
    bool polite_;
    int used_ = 0;
};

} // namespace

void planted::permit_leak(bool mistake) {
    std::optional<limiter> slots;
    testing::cancel_sweep(
        [&]() -> task<> {
            slots.emplace(2, mistake);
            co_await with_task_group([&](task_group& group) -> task<> {
                for (int i = 0; i < 4; ++i)
                    group.spawn([&]() -> task<> {
                        auto const mine = co_await slots->enter();
                        co_await sleep_for(1ms);
                    });
                co_return;
            });
        },
        [&] { return slots->used() == 0; });
}
