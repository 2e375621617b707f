import CLinux
import Glibc

/// Whether the text is an IPv4 or IPv6 address without zone or prefix.
func isAddress(_ text: String) -> Bool { isIPv4(text) || isIPv6(text) }

func isIPv4(_ text: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1
}

func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
}
