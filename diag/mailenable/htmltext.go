package mailenable

import (
	"html"
	"strings"
)

// hiddenTags are elements whose content is not text.
var hiddenTags = map[string]bool{"script": true, "style": true, "head": true, "title": true, "template": true}

// breakTags begin a new line.
var breakTags = map[string]bool{
	"br": true, "p": true, "div": true, "tr": true, "li": true, "ul": true, "ol": true, "table": true, "hr": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "blockquote": true, "pre": true, "section": true,
}

// htmlText writes HTML as text in one pass: without tags, scripts and comments,
// a line for each block, and behind a link where it really leads.
func htmlText(s string) string {
	var b strings.Builder
	link := ""
	for len(s) > 0 {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		textOf(&b, s[:i])
		if s = s[i:]; s == "" {
			break
		}
		if strings.HasPrefix(s, "<!--") {
			s = behind(s, "-->")
			continue
		}
		tag := s
		if end := strings.IndexByte(s, '>'); end >= 0 {
			tag, s = s[1:end], s[end+1:]
		} else {
			tag, s = s[1:], ""
		}
		name, attrs, _ := strings.Cut(strings.TrimSpace(tag), " ")
		closing := strings.HasPrefix(name, "/")
		name = strings.ToLower(strings.Trim(name, "/\t\r\n"))
		switch {
		case hiddenTags[name] && !closing:
			s = behind(s, "</"+name)
			s = behind(s, ">")
		case name == "a" && closing:
			if link != "" {
				b.WriteString(" <" + link + "> ")
			}
			link = ""
		case name == "a":
			link = href(attrs)
		case name == "td" || name == "th":
			b.WriteByte(' ')
		case breakTags[name]:
			b.WriteByte('\n')
		}
	}
	return tidyLines(b.String())
}

// behind is what follows a word in any letters, "" where it does not come.
func behind(s, word string) string {
	for i := 0; i+len(word) <= len(s); i++ {
		j := strings.IndexByte(s[i:], word[0])
		if j < 0 {
			return ""
		}
		if i += j; i+len(word) <= len(s) && strings.EqualFold(s[i:i+len(word)], word) {
			return s[i+len(word):]
		}
	}
	return ""
}

// textOf appends text between tags: blanks of any kind are one.
func textOf(b *strings.Builder, s string) {
	s = html.UnescapeString(s)
	if s == "" {
		return
	}
	if strings.TrimSpace(s[:1]) == "" {
		b.WriteByte(' ')
	}
	b.WriteString(strings.Join(strings.Fields(s), " "))
	if strings.TrimSpace(s[len(s)-1:]) == "" {
		b.WriteByte(' ')
	}
}

// href is where a link leads, "" for others than http, https and mailto.
func href(attrs string) string {
	v := behind(attrs, "href")
	v = strings.TrimLeft(v, " \t\r\n=")
	if v == "" {
		return ""
	}
	if q := v[0]; q == '"' || q == '\'' {
		v, _, _ = strings.Cut(v[1:], string(q))
	} else if i := strings.IndexAny(v, " \t\r\n"); i >= 0 {
		v = v[:i]
	}
	v = html.UnescapeString(strings.TrimSpace(v))
	for _, scheme := range []string{"http://", "https://", "mailto:"} {
		if hasPrefixFold(v, scheme) {
			return shorten(v, 500)
		}
	}
	return ""
}

// tidyLines takes blanks from the ends of lines and keeps one empty line of
// several.
func tidyLines(s string) string {
	var out []string
	empty := true
	for l := range strings.SplitSeq(s, "\n") {
		l = strings.Join(strings.Fields(l), " ")
		if l == "" && empty {
			continue
		}
		empty = l == ""
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}
