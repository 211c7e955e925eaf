// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Do random trees of groups, scopes and shields end as the model says?
#include "support/seeds.hpp"
#include "unit/model/group_model.hpp"
#include "unit/scope/group_test.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

using namespace tether_test;
using namespace tether_test::model;

// The library's side: the same program as coroutines.
class world {
public:
    observation run(program const& p) {
        virtual_clock clock;
        boost::asio::io_context io(1);
        auto main = [&]() -> task<> {
            begun_ = this_task::now();
            co_await with_task_group([&](task_group& group) -> task<> {
                auto other = group.spawn([&]() -> task<> {
                    for (action const& a : p.actions) {
                        co_await sleep_until(begun_ + a.at);
                        perform(a);
                    }
                });
                seen_.end = co_await ending_of(sequence(p.main));
                seen_.ended = since();
                other.cancel();
            });
        };
        std::ptrdiff_t const before = detail::frame_pool::live();
        using body = detail::body_for<decltype(main)>;
        detail::run_body(io, body(std::in_place, main), std::source_location{},
                         true, &clock,
                         [&](std::exception_ptr error, char const*) {
                             seen_.sink.push_back(text_of(error));
                         });
        for (auto const& [id, handle] : handles_)
            seen_.tasks[id].first = name_of(handle.status());
        handles_.clear();
        if (detail::frame_pool::live() != before)
            seen_.end += " and something is left alive";
        if (!groups_.empty() || !scopes_.empty())
            seen_.end += " and a scope was not left";
        return seen_;
    }

private:
    // Forgets a scope when its statement ends, however.
    template<class Map>
    class registration {
    public:
        registration(Map& map, int id) : map_(&map), id_(id) {}
        registration(registration const&) = delete;
        registration& operator=(registration const&) = delete;
        ~registration() { map_->erase(id_); }

    private:
        Map* map_;
        int id_;
    };
    class end_note {
    public:
        end_note(world& w, int id) : world_(&w), id_(id) {}
        end_note(end_note const&) = delete;
        end_note& operator=(end_note const&) = delete;
        ~end_note() { world_->seen_.tasks[id_].second = world_->since(); }

    private:
        world* world_;
        int id_;
    };

    static std::string name_of(task_status s) {
        switch (s) {
        case task_status::finished:
            return "finished";
        case task_status::failed:
            return "failed";
        case task_status::cancelled:
            return "cancelled";
        default:
            return "still alive";
        }
    }
    ticks since() const { return this_task::now() - begun_; }

    task<std::string> ending_of(task<> work) {
        std::exception_ptr error;
        try {
            co_await std::move(work);
        } catch (...) {
            error = std::current_exception();
        }
        if (error)
            co_return text_of(error);
        co_return "ok";
    }

    task<> sequence(std::vector<node> const& nodes) {
        for (node const& n : nodes)
            co_await statement(n);
    }
    task<> child(int id, std::vector<node> const& nodes) {
        end_note const note(*this, id);
        co_await sequence(nodes);
    }
    task<> statement(node const& n) {
        switch (n.what) {
        case kind::leaf:
            co_await sleep_for(n.time);
            break;
        case kind::shielded_leaf:
            co_await shielded(sleep_for(n.time),
                              {.grace = detail::duration::max()});
            break;
        case kind::caught: {
            std::string const end = co_await ending_of(sequence(n.body));
            if (end != "ok")
                seen_.caught[n.id] = end;
            break;
        }
        case kind::scope: {
            registration const entry(scopes_, n.id);
            co_await with_cancel_scope([&](cancel_scope& scope) -> task<> {
                scopes_[n.id] = &scope;
                scope.reschedule(n.time);
                co_await sequence(n.body);
            });
            break;
        }
        case kind::deadline: {
            registration const entry(scopes_, n.id);
            co_await fail_after(n.time, [&](cancel_scope& scope) -> task<> {
                scopes_[n.id] = &scope;
                co_await sequence(n.body);
            });
            break;
        }
        case kind::group: {
            registration const entry(groups_, n.id);
            auto body = [&](task_group& group) -> task<> {
                groups_[n.id] = &group;
                for (std::size_t i = 0; i != n.children.size(); ++i) {
                    int const id = n.child_ids[i];
                    handles_[id] = group.spawn(
                        [this](int child_id, std::vector<node> const* nodes) {
                            return child(child_id, *nodes);
                        },
                        id, &n.children[i]);
                }
                co_await sequence(n.body);
            };
            co_await with_task_group(
                {.policy = n.policy, .on_child_cancel = n.on_cancel}, body);
            break;
        }
        }
        if (n.fails && (n.what == kind::leaf || n.what == kind::shielded_leaf))
            throw std::runtime_error("e" + std::to_string(n.id));
    }

    void perform(action const& a) {
        auto const group = groups_.find(a.target);
        auto const scope = scopes_.find(a.target);
        auto const handle = handles_.find(a.target);
        if (a.what == action::verb::reschedule) {
            if (scope != scopes_.end())
                scope->second->reschedule(a.time);
        } else if (group != groups_.end()) {
            group->second->cancel();
        } else if (scope != scopes_.end()) {
            scope->second->cancel();
        } else if (handle != handles_.end()) {
            handle->second.cancel();
        }
    }

    std::chrono::steady_clock::time_point begun_;
    std::map<int, task_group*> groups_;
    std::map<int, cancel_scope*> scopes_;
    std::map<int, task_handle<void>> handles_;
    observation seen_;
};

// Empty when library and model agree.
std::string difference(std::uint64_t seed) {
    program const p = generator(seed).make();
    world w;
    observation const seen = w.run(p);
    interpreter plain;
    observation const expected = plain.run(p);
    if (seen == expected ||
        (plain.ties() && seen.without_order() == expected.without_order()))
        return {};
    return "TETHER_SEED=" + std::to_string(seed) + " replays this\n" +
           to_text(p) + "expected " + expected.text() + "seen " + seen.text();
}

} // namespace

TEST_CASE("random trees of groups end as the model says") {
    for_each_seed(difference);
    if (std::getenv("TETHER_SEED"))
        return;
    std::size_t tasks = 0;
    // The programs are worth running: they hold tasks of every ending.
    std::map<std::string, std::size_t> endings;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        observation const o = interpreter().run(generator(seed).make());
        for (auto const& [id, how] : o.tasks)
            ++endings[how.first];
        tasks += o.tasks.size();
    }
    CHECK(tasks > 200);
    CHECK(endings["finished"] > 20);
    CHECK(endings["failed"] > 10);
    CHECK(endings["cancelled"] > 20);
}
