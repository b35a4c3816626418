// Package page writes pages for web browsers from plain data. Its style sheet and scripts are embedded, so a page needs no
// network. Names from outside are text in a page, never markup.
package page

import _ "embed"

// StyleSheet is the style sheet of all pages. It has a light, a dark and a print scheme.
//
//go:embed style.css
var StyleSheet string
