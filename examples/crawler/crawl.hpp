// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does the crawler crawl? One task per page in one group, bounded by a
/// semaphore, governed by one cancel scope.
#ifndef TETHER_EXAMPLES_CRAWLER_CRAWL_HPP
#define TETHER_EXAMPLES_CRAWLER_CRAWL_HPP

#include "fetcher.hpp"
#include "frontier.hpp"
#include "options.hpp"
#include "result_file.hpp"
#include "statistics.hpp"

#include <tether/core/exception_group.hpp>
#include <tether/scope/cancel_scope.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/task.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>

namespace crawler {

/// A crawl, while it runs and afterwards.
///
/// Invariant: a page is requested by one task only, and every page that is done
/// is in the results and in the statistics.
/// Threads: on one loop.
/// Example:
/// \code
/// crawl job(options, results);
/// co_await job.run(web::parse_url("http://localhost/"));
/// print(job.counts());
/// \endcode
class crawl {
public:
    /// Parameters: `open` makes the connections in the place of TCP.
    /// Ownership: the others outlive the crawl.
    crawl(options const& chosen, result_file& results,
          web::connector open = {});
    crawl(crawl const&) = delete;
    crawl& operator=(crawl const&) = delete;

    /// Fetches `start` and what it leads to. Call it once.
    ///
    /// Errors: none; what went wrong is in failures() and write_failure().
    /// Completes when: no page is left, the deadline has come, or a result
    /// could not be written.
    /// On cancellation: after a soft one no page is started, and those in
    /// flight are finished; a hard one stops them, too.
    tether::task<> run(web::urls::url start);

    [[nodiscard]] statistics const& counts() const noexcept { return counts_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    /// Pages that were found but are not done.
    [[nodiscard]] std::size_t unfinished() const noexcept;
    [[nodiscard]] bool deadline_came() const;
    /// The bad_input that ended the crawl because a result could not be
    /// written; null if all were.
    [[nodiscard]] std::exception_ptr write_failure() const noexcept {
        return write_failure_;
    }
    /// One member per failed page, named by its address.
    [[nodiscard]] std::optional<tether::exception_group> const&
    failures() const noexcept {
        return failures_;
    }

private:
    void schedule(tether::task_group& pages, web::urls::url const& url);
    tether::task<> visit(tether::task_group& pages, web::urls::url url,
                         std::string const& name);
    tether::task<bool> fetch_page(tether::task_group& pages,
                                  web::urls::url const& url, page_record& page);
    void follow_redirect(tether::task_group& pages, web::urls::url const& url,
                         web::response const& reply, page_record& page);
    void done(page_record const& page);

    options const& options_;
    result_file& results_;
    fetcher fetcher_;
    tether::semaphore slots_;
    tether::cancel_scope scope_;
    std::optional<frontier> frontier_;
    statistics counts_;
    std::size_t in_flight_ = 0;
    std::exception_ptr write_failure_;
    std::optional<tether::exception_group> failures_;
};

} // namespace crawler

#endif
