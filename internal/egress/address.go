package egress

import (
	"fmt"
	"net/netip"
)

// reserved are the ranges of the IANA special-purpose registries that netip has no predicate for and that no public
// server answers from: "this network", shared NAT space, protocol assignments, benchmarks, documentation, future use, and
// the IPv6 ranges that carry an IPv4 address to wherever a gateway takes it.
var reserved = mustPrefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fec0::/10",
)

// nat64 is the well-known prefix by which IPv6-only clusters reach IPv4 servers: its last four bytes are what counts.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func mustPrefixes(texts ...string) []netip.Prefix {
	prefixes := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		prefixes = append(prefixes, netip.MustParsePrefix(text))
	}
	return prefixes
}

// checkDialAddress takes what net.Dialer is about to connect to, as address:port.
func checkDialAddress(dialled string) error {
	target, err := netip.ParseAddrPort(dialled)
	if err != nil {
		return fmt.Errorf("check the address to dial: %w", err)
	}
	return checkAddress(target.Addr())
}

// checkAddress returns an *AddressError unless the address is one of a public server.
func checkAddress(address netip.Addr) error {
	effective := address.WithZone("").Unmap()
	if nat64.Contains(effective) {
		bytes := effective.As16()
		effective = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if !effective.IsGlobalUnicast() || effective.IsPrivate() {
		return &AddressError{Address: address}
	}
	for _, prefix := range reserved {
		if prefix.Contains(effective) {
			return &AddressError{Address: address}
		}
	}
	return nil
}
