package dnsq

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// SystemServers returns the DNS servers of this machine as host:port: those of
// the adapters that are up and have a gateway, lowest metric first, each once.
// The same adapters count for Go's own resolver. Servers that apply to single
// names only (NRPT) or speak DNS over HTTPS alone are not visible here.
func SystemServers() ([]string, error) {
	list, err := adapters()
	if err != nil {
		return nil, fmt.Errorf("the adapters' DNS servers could not be read: %w; name one with --dns", err)
	}
	slices.SortStableFunc(list, func(a, b adapter) int { return int(int64(a.metric) - int64(b.metric)) })
	var out []string
	for _, a := range list {
		for _, s := range a.servers {
			if hp := netip.AddrPortFrom(s, 53).String(); !slices.Contains(out, hp) {
				out = append(out, hp)
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no adapter that is up and has a gateway names a DNS server; name one with --dns")
	}
	return out, nil
}

type adapter struct {
	metric  uint32
	servers []netip.Addr
}

// siteLocal is the range that Windows fills in where no IPv6 server is set
// (RFC 3879 withdrew it); nobody answers there.
var siteLocal = netip.MustParsePrefix("fec0::/10")

func adapters() ([]adapter, error) {
	const flags = windows.GAA_FLAG_INCLUDE_PREFIX | windows.GAA_FLAG_INCLUDE_GATEWAYS
	var buf []byte
	for size := uint32(15000); ; {
		buf = make([]byte, size)
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0,
			(*windows.IpAdapterAddresses)(unsafe.Pointer(&buf[0])), &size)
		if err == nil {
			if size == 0 {
				return nil, nil
			}
			break
		}
		if !errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) || size <= uint32(len(buf)) || size > 1<<24 {
			return nil, err
		}
	}
	var out []adapter
	for a := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buf[0])); a != nil; a = a.Next {
		if a.OperStatus != windows.IfOperStatusUp || a.FirstGatewayAddress == nil {
			continue
		}
		ad := adapter{metric: a.Ipv4Metric}
		for s := a.FirstDnsServerAddress; s != nil; s = s.Next {
			ip, ok := netip.AddrFromSlice(s.Address.IP())
			if !ok {
				continue
			}
			if ip = ip.Unmap(); siteLocal.Contains(ip) {
				continue
			}
			ad.servers = append(ad.servers, ip)
		}
		out = append(out, ad)
	}
	return out, nil
}
