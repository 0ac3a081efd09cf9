package sample

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"metriage/diag"
)

// World plays a Scene on loopback: one name server, one SMTP server for our own
// and one for every server elsewhere. Nothing in it reaches the network.
type World struct {
	dns   *DNS
	relay *SMTP

	mu      sync.Mutex
	scene   Scene
	remotes map[netip.Addr]*SMTP
	cured   []diag.Cause
	done    map[string]bool
}

// Play starts the servers of sc. The caller closes the World.
func (sc Scene) Play() (*World, error) {
	w := &World{scene: sc, remotes: map[netip.Addr]*SMTP{}, done: map[string]bool{}}
	if err := w.start(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *World) start() (err error) {
	if w.dns, err = NewDNS(); err != nil {
		return err
	}
	for _, z := range w.scene.Zones {
		if err := w.dns.Zone(z.Origin, z.Text); err != nil {
			return fmt.Errorf("sample zone %s: %w", z.Origin, err)
		}
	}
	for _, l := range w.scene.Lists {
		w.dns.List(l.Zone, l.Kind, l.Listed)
	}
	if w.relay, err = NewSMTP(w.scene.Relay); err != nil {
		return err
	}
	for i := range w.scene.Remotes {
		r := &w.scene.Remotes[i]
		if r.Unreachable {
			continue
		}
		if w.remotes[r.Address], err = NewSMTP(w.script(r)); err != nil {
			return err
		}
	}
	for _, o := range openServers {
		if w.remotes[netip.MustParseAddr(o.ip)], err = NewSMTP(Script{Host: o.name}); err != nil {
			return err
		}
	}
	return nil
}

// script is how r behaves after what was repaired so far.
func (w *World) script(r *SceneRemote) Script {
	if r.Refusing != nil && !slices.Contains(w.cured, r.Cause) {
		return *r.Refusing
	}
	return r.Script
}

// DNS returns host and port of the name server.
func (w *World) DNS() string { return w.dns.Addr() }

// Server returns the name server itself, for its record of questions.
func (w *World) Server() *DNS { return w.dns }

// Relay returns host and port of our own server, the target of the relay check.
func (w *World) Relay() string { return w.relay.Addr() }

// Dial connects to the server that plays address (host:port, the host an
// address). Loopback is itself; an address that nobody plays refuses.
func (w *World) Dial(ctx context.Context, _ netip.Addr, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	ip := to.Addr().Unmap()
	target := ""
	w.mu.Lock()
	switch s := w.remotes[ip]; {
	case ip.IsLoopback():
		target = address
	case slices.Contains(w.scene.IPs, ip):
		target = w.relay.Addr()
	case s != nil:
		target = s.Addr()
	}
	w.mu.Unlock()
	if target == "" {
		return nil, fmt.Errorf("dial %s: connection refused", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, target)
}

// Repairs returns what can be repaired, in order.
func (w *World) Repairs() []Repair { return w.scene.Repairs }

// Repaired reports whether the repair was done.
func (w *World) Repaired(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done[id]
}

// Repair does one repair. Doing it twice changes nothing.
func (w *World) Repair(id string) error {
	i := slices.IndexFunc(w.scene.Repairs, func(r Repair) bool { return r.ID == id })
	if i < 0 {
		return fmt.Errorf("nothing called %q can be repaired here", id)
	}
	r := w.scene.Repairs[i]
	for _, rr := range r.Set {
		if err := w.dns.Set(rr.Name, rr.Type, rr.Data...); err != nil {
			return fmt.Errorf("repair %s: %w", id, err)
		}
	}
	for _, l := range r.Unlist {
		w.dns.SetListed(l.Zone, l.Subject)
	}
	if r.Relay != nil {
		w.relay.SetScript(*r.Relay)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[id] = true
	w.cured = append(w.cured, r.Cures...)
	for i := range w.scene.Remotes {
		if r := &w.scene.Remotes[i]; !r.Unreachable {
			w.remotes[r.Address].SetScript(w.script(r))
		}
	}
	return nil
}

// Elsewhere returns the sessions that the servers elsewhere had.
func (w *World) Elsewhere() []Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Session
	for _, s := range w.remotes {
		out = append(out, s.Sessions()...)
	}
	return out
}

// Forbidden lists what was sent to any server that a check must never send.
func (w *World) Forbidden() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.relay.Forbidden()
	for _, s := range w.remotes {
		out = append(out, s.Forbidden()...)
	}
	return out
}

// Close ends all servers and waits for them.
func (w *World) Close() error {
	var errs []error
	if w.dns != nil {
		errs = append(errs, w.dns.Close())
	}
	if w.relay != nil {
		errs = append(errs, w.relay.Close())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.remotes {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
