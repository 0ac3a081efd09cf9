package sample

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"metriage/diag"
)

// Truth is what a right reader counts in a sample installation. It has the
// names of `report --format json`, so that both sides need encoding/json only
// to be compared; what a report has beside these is not in it.
type Truth struct {
	Schema        int                 `json:"schema"`
	Installations []TruthInstallation `json:"installations"`
	Totals        TruthTotals         `json:"totals"`
	Problems      []TruthProblem      `json:"problems"`
	Groups        []TruthGroup        `json:"groups"`
}

// TruthInstallation is the tree that was written.
type TruthInstallation struct {
	Root    string        `json:"root"` // the directory that Write was given
	FoundBy diag.FoundBy  `json:"found_by"`
	Folders []TruthFolder `json:"folders"`
}

// TruthFolder is one folder with its *.MAI files, Messages included.
type TruthFolder struct {
	Name       string `json:"name"` // below the root, with slashes, as on disk
	Path       string `json:"path"`
	Files      int    `json:"files"`
	Unreadable int    `json:"unreadable"`
}

// TruthTotals are the counts of the whole tree; see diag.Totals.
type TruthTotals struct {
	Files      int `json:"files"`
	Messages   int `json:"messages"`
	Failures   int `json:"failures"`
	E0193      int `json:"me_e0193"`
	Delayed    int `json:"delayed"`
	Accepted   int `json:"accepted"`
	Unreadable int `json:"unreadable"`
	Vanished   int `json:"vanished"`
	Orphans    int `json:"orphans"`
	Older      int `json:"older"`
}

// TruthProblem is a file that cannot be read. The words are the reader's.
type TruthProblem struct {
	Path string `json:"path"`
}

// TruthGroup is the ledger of one destination domain; see diag.Group. Domains
// without a failure are there too.
type TruthGroup struct {
	Key          string             `json:"key"`
	Display      string             `json:"display"`
	Failures     int                `json:"failures"`
	E0193        int                `json:"me_e0193"`
	Delayed      int                `json:"delayed"`
	Accepted     int                `json:"accepted"`
	Waiting      int                `json:"waiting"`
	First        *time.Time         `json:"first"`
	Last         *time.Time         `json:"last"`
	LastAccepted *time.Time         `json:"last_accepted"`
	Onset        *time.Time         `json:"onset"`
	Causes       map[diag.Cause]int `json:"causes"`
	Senders      map[string]int     `json:"senders"`
}

// JSON returns t as one indented JSON object. Times are in UTC.
func (t Truth) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("sample truth: %w", err)
	}
	return append(b, '\n'), nil
}

// TruthFile returns where the truth of a tree at dir is kept: dir.truth.json.
func TruthFile(dir string) string { return filepath.Clean(dir) + ".truth.json" }

// WriteFile writes t to TruthFile(dir).
func (t Truth) WriteFile(dir string) error {
	b, err := t.JSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(TruthFile(dir), b, 0o644); err != nil {
		return fmt.Errorf("sample truth: %w", err)
	}
	return nil
}
