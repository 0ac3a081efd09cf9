package sample

import (
	"fmt"
	"strings"
)

// StoryInfo is one incident that a sample can tell.
type StoryInfo struct {
	Name    string // for Options.Story; "" is the default
	Title   string
	Summary string // what happened, in a sentence or two
	// Audit are the codes of the audit that must not pass; no other may fail or
	// warn. The default incident promises nothing.
	Audit []string
}

// story is an incident as data.
type story struct {
	info  StoryInfo
	site  func() *site
	odd   func(*traffic) []piece // what is there once, whatever the size
	blend blend
	relay Relay                // of our own server
	fixes func(*site) []Repair // beside PTR and listings
}

// Stories returns the incidents, the default first.
func Stories() []StoryInfo {
	var out []StoryInfo
	for _, st := range stories() {
		out = append(out, st.info)
	}
	return out
}

func stories() []story {
	return []story{
		defaultStory(), passwordStory(), newServerStory(), forwardingStory(), localRelayStory(),
		receiverFaultStory(), smartHostStory(), natPoolStory(), quietStory(),
	}
}

func storyOf(name string) (story, error) {
	var names []string
	for _, st := range stories() {
		if st.info.Name == name {
			return st, nil
		}
		if st.info.Name != "" {
			names = append(names, st.info.Name)
		}
	}
	return story{}, fmt.Errorf("sample story %q is not known; there are: %s", name, strings.Join(names, ", "))
}
