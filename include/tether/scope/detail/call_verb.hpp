// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a verb that takes a function and its arguments know where it was
/// called? A default argument cannot follow a parameter pack, so there is one
/// overload for each number of arguments.
#ifndef TETHER_SCOPE_DETAIL_CALL_VERB_HPP
#define TETHER_SCOPE_DETAIL_CALL_VERB_HPP

#include <source_location>
#include <utility>

// The member functions `name(fn, args..., here)`, which return
// call(self, here, fn, args...). The template parameters come last.
#define TETHER_CALL_VERB(attribute, qualifier, name, self, call, ...)          \
    template<__VA_ARGS__>                                                      \
    attribute decltype(auto) name(F&& fn, std::source_location here =          \
                                              std::source_location::current()) \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn));                          \
    }                                                                          \
    template<__VA_ARGS__, class A1>                                            \
    attribute decltype(auto) name(F&& fn, A1&& a1,                             \
                                  std::source_location here =                  \
                                      std::source_location::current())         \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn), std::forward<A1>(a1));    \
    }                                                                          \
    template<__VA_ARGS__, class A1, class A2>                                  \
    attribute decltype(auto) name(F&& fn, A1&& a1, A2&& a2,                    \
                                  std::source_location here =                  \
                                      std::source_location::current())         \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn), std::forward<A1>(a1),     \
                    std::forward<A2>(a2));                                     \
    }                                                                          \
    template<__VA_ARGS__, class A1, class A2, class A3>                        \
    attribute decltype(auto) name(F&& fn, A1&& a1, A2&& a2, A3&& a3,           \
                                  std::source_location here =                  \
                                      std::source_location::current())         \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn), std::forward<A1>(a1),     \
                    std::forward<A2>(a2), std::forward<A3>(a3));               \
    }                                                                          \
    template<__VA_ARGS__, class A1, class A2, class A3, class A4>              \
    attribute decltype(auto) name(F&& fn, A1&& a1, A2&& a2, A3&& a3, A4&& a4,  \
                                  std::source_location here =                  \
                                      std::source_location::current())         \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn), std::forward<A1>(a1),     \
                    std::forward<A2>(a2), std::forward<A3>(a3),                \
                    std::forward<A4>(a4));                                     \
    }                                                                          \
    template<__VA_ARGS__, class A1, class A2, class A3, class A4, class A5>    \
    attribute decltype(auto) name(                                             \
        F&& fn, A1&& a1, A2&& a2, A3&& a3, A4&& a4, A5&& a5,                   \
        std::source_location here = std::source_location::current())           \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn), std::forward<A1>(a1),     \
                    std::forward<A2>(a2), std::forward<A3>(a3),                \
                    std::forward<A4>(a4), std::forward<A5>(a5));               \
    }                                                                          \
    template<__VA_ARGS__, class A1, class A2, class A3, class A4, class A5,    \
             class A6>                                                         \
    attribute decltype(auto) name(                                             \
        F&& fn, A1&& a1, A2&& a2, A3&& a3, A4&& a4, A5&& a5, A6&& a6,          \
        std::source_location here = std::source_location::current())           \
        qualifier {                                                            \
        return call(self, here, std::forward<F>(fn), std::forward<A1>(a1),     \
                    std::forward<A2>(a2), std::forward<A3>(a3),                \
                    std::forward<A4>(a4), std::forward<A5>(a5),                \
                    std::forward<A6>(a6));                                     \
    }

#endif
