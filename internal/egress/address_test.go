package egress

import (
	"net/netip"
	"testing"
)

func TestCheckAddress(t *testing.T) {
	for name, test := range map[string]struct {
		address string
		public  bool
	}{
		"a public IPv4 address is fine":                     {"104.18.0.1", true},
		"a public IPv6 address is fine":                     {"2606:4700::1", true},
		"a public address behind NAT64 is fine":             {"64:ff9b::6812:1", true},
		"a public address written IPv4-in-IPv6 is fine":     {"::ffff:104.18.0.1", true},
		"loopback is refused":                               {"127.0.0.1", false},
		"another spelling of loopback is refused":           {"127.9.9.9", false},
		"IPv6 loopback is refused":                          {"::1", false},
		"loopback written IPv4-in-IPv6 is refused":          {"::ffff:127.0.0.1", false},
		"loopback written IPv4-compatible is refused":       {"::127.0.0.1", false},
		"the metadata service is refused":                   {"169.254.169.254", false},
		"the metadata service behind NAT64 is refused":      {"64:ff9b::a9fe:a9fe", false},
		"the metadata service in 6to4 is refused":           {"2002:a9fe:a9fe::1", false},
		"the IPv6 metadata service is refused":              {"fd00:ec2::254", false},
		"an RFC 1918 address is refused":                    {"10.96.0.1", false},
		"an RFC 1918 address in IPv6 spelling is refused":   {"::ffff:192.168.0.1", false},
		"an IPv6 link-local address with a zone is refused": {"fe80::1%eth0", false},
		"shared NAT space is refused":                       {"100.64.0.1", false},
		"multicast is refused":                              {"224.0.0.1", false},
		"IPv6 multicast is refused":                         {"ff02::1", false},
		"the unspecified address is refused":                {"0.0.0.0", false},
		"this network is refused":                           {"0.1.2.3", false},
		"the IPv6 unspecified address is refused":           {"::", false},
		"broadcast is refused":                              {"255.255.255.255", false},
		"benchmark space is refused":                        {"198.18.0.1", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkAddress(netip.MustParseAddr(test.address))
			if got := err == nil; got != test.public {
				t.Errorf("checkAddress(%s) = %v, want public %v", test.address, err, test.public)
			}
		})
	}
}

func TestCheckDialAddressRefusesWhatItCannotRead(t *testing.T) {
	if err := checkDialAddress("localhost:443"); err == nil {
		t.Error("a name passed the check of addresses")
	}
}
