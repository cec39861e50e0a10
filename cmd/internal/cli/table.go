package cli

import (
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// gap is the space between two columns.
const gap = 2

// Width is how wide a table may be: that of the terminal, or what COLUMNS says of
// it. 0 is no limit: the reader is a program.
func Width(stream any, columns string) int {
	f, ok := Terminal(stream)
	if !ok {
		return 0
	}
	if n, err := strconv.Atoi(columns); err == nil && n > 0 {
		return n
	}
	n, _, _ := term.GetSize(int(f.Fd()))
	return n
}

// PrintTable prints rows in columns; the first is the heading. If they are wider
// than width, times become ages; then lists take several lines; then each row is
// a block with a line for each column.
func PrintTable(w io.Writer, width int, rows [][]string) error {
	table := clean(rows)
	fit := widest(table, columns)
	if width > 0 && total(fit) > width {
		now := time.Now()
		for _, row := range table {
			for i, cell := range row {
				if t, err := time.Parse(timeLayout, cell); err == nil {
					row[i] = age(now.Sub(t))
				}
			}
		}
		fit = widest(table, columns)
	}
	var out strings.Builder
	if least := widest(table, longestItem); width > 0 && total(least) > width {
		printBlocks(&out, width, table)
	} else {
		if width > 0 {
			shrink(fit, least, width)
		}
		for _, row := range table {
			printRow(&out, fit, row)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// shrink makes the widest columns narrower, none less than its longest item.
func shrink(fit, least []int, width int) {
	for total(fit) > width {
		most := -1
		for i := range fit {
			if fit[i] > least[i] && (most < 0 || fit[i] > fit[most]) {
				most = i
			}
		}
		fit[most]--
	}
}

// printBlocks prints the cells of each row below each other, beside the headings.
func printBlocks(out *strings.Builder, width int, table [][]string) {
	for i, row := range table[1:] {
		if i > 0 {
			out.WriteByte('\n')
		}
		fields := make([][]string, len(row))
		for j, cell := range row {
			fields[j] = []string{table[0][j], cell}
		}
		printFields(out, width, fields)
	}
}

func clean(rows [][]string) [][]string {
	table := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			table[i] = append(table[i], OneLine(cell))
		}
	}
	return table
}

// printRow prints a row, whose lists may take several lines.
func printRow(out *strings.Builder, fit []int, row []string) {
	cells, height := make([][]string, len(row)), 1
	for i, cell := range row {
		cells[i] = lines(cell, fit[i])
		height = max(height, len(cells[i]))
	}
	for line := range height {
		pad := 0
		for i, cell := range cells {
			text := ""
			if line < len(cell) {
				text = cell[line]
			}
			if text != "" {
				out.WriteString(strings.Repeat(" ", pad))
				out.WriteString(text)
				pad = 0
			}
			pad += fit[i] - columns(text) + gap
		}
		out.WriteByte('\n')
	}
}

// PrintFields prints a label and a text in each row, and no row without a text.
func PrintFields(w io.Writer, width int, rows [][]string) error {
	var out strings.Builder
	printFields(&out, width, clean(rows))
	_, err := io.WriteString(w, out.String())
	return err
}

func printFields(out *strings.Builder, width int, rows [][]string) {
	fit := widest(rows, columns)
	if width > 0 {
		fit[1] = max(width-fit[0]-gap, 8)
	}
	for _, row := range rows {
		if row[1] != "" {
			printRow(out, fit, row)
		}
	}
}

// widest measures the cells of each column.
func widest(table [][]string, measure func(string) int) []int {
	most := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			most[i] = max(most[i], measure(cell))
		}
	}
	return most
}

func total(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, n := range widths {
		sum += n
	}
	return sum
}

// longestItem measures the longest part of a list with commas.
func longestItem(cell string) (most int) {
	for _, item := range strings.SplitAfter(cell, ",") {
		most = max(most, columns(strings.TrimLeft(item, " ")))
	}
	return most
}

// lines breaks a cell after commas, and within an item only where that is wider
// than a line.
func lines(cell string, width int) (all []string) {
	for _, item := range strings.SplitAfter(cell, ",") {
		if last := len(all) - 1; last >= 0 && columns(all[last]+item) <= width {
			all[last] += item
			continue
		}
		item = strings.TrimLeft(item, " ")
		for columns(item) > width {
			n, end := 0, 0
			for i, r := range item {
				if n += runeColumns(r); n > width && i > 0 {
					break
				}
				end = i + len(string(r))
			}
			all, item = append(all, item[:end]), item[end:]
		}
		all = append(all, item)
	}
	return all
}

// age is a time as people say it.
func age(d time.Duration) string {
	before, after := "", " ago"
	if d < 0 {
		before, after, d = "in ", "", -d
	}
	text := Count(int(d/(24*time.Hour)), "day", "days")
	switch {
	case d < time.Minute:
		text = Count(int(d/time.Second), "second", "seconds")
	case d < time.Hour:
		text = Count(int(d/time.Minute), "minute", "minutes")
	case d < 24*time.Hour:
		text = Count(int(d/time.Hour), "hour", "hours")
	}
	return before + text + after
}
