// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which errors of a group does a type or a predicate mean?
#ifndef TETHER_CORE_DETAIL_MEMBER_TEST_HPP
#define TETHER_CORE_DETAIL_MEMBER_TEST_HPP

#include <tether/core/exception_group.hpp>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Whether a member matches; `inner` is null for a leaf. An inner group that
// does not match as a whole is entered.
class member_test {
public:
    template<class F>
    explicit member_test(F& f) noexcept
        : object_(&f),
          call_([](void* object, error_leaf const& leaf,
                   exception_group const* inner) -> bool {
              return (*static_cast<F*>(object))(leaf, inner);
          }) {}

    bool operator()(error_leaf const& leaf,
                    exception_group const* inner) const {
        return call_(object_, leaf, inner);
    }

private:
    void* object_;
    bool (*call_)(void*, error_leaf const&, exception_group const*);
};

// A type that is a group matches inner groups, any other type leaves only:
// a group is a std::exception, but on<std::exception> must not take an inner
// group together with what is no std::exception in it.
template<class E>
bool member_is(error_leaf const& leaf, exception_group const* inner) {
    if constexpr (std::is_base_of_v<exception_group, E>)
        return inner && dynamic_cast<E const*>(inner);
    else
        return !inner && exception_as<E>(leaf.error, probe(leaf));
}

template<class... E>
inline constexpr auto is_any_of =
    [](error_leaf const& leaf, exception_group const* inner) {
        return (member_is<E>(leaf, inner) || ...);
    };

template<class Pred>
auto test_of_pointer(Pred& pred) {
    return [&pred](error_leaf const& leaf, exception_group const*) -> bool {
        return pred(leaf.error);
    };
}
template<class E, class Pred>
auto test_of_type(Pred& pred) {
    return
        [&pred](error_leaf const& leaf, exception_group const* inner) -> bool {
            if (!member_is<E>(leaf, inner))
                return false;
            return pred(*exception_as<E>(leaf.error, probe(leaf)));
        };
}

} // namespace detail
TETHER_END_NAMESPACE

#endif
