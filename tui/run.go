package tui

import (
	"context"
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"

	"metriage/diag/triage"
)

// Run shows the dashboard until the admin quits or ctx ends.
func Run(ctx context.Context, s *triage.Session, o Options, opts ...tea.ProgramOption) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := tea.NewProgram(New(ctx, s, o), append([]tea.ProgramOption{tea.WithContext(ctx)}, opts...)...)
	_, err := p.Run()
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, io.EOF) || ctx.Err() != nil {
		return nil
	}
	return err
}
