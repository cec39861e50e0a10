package cli

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func printed(t *testing.T, width int, rows [][]string) string {
	t.Helper()
	var out strings.Builder
	if err := PrintTable(&out, width, rows); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A table bends as its terminal becomes narrower.
func TestTableFits(t *testing.T) {
	created := Time(time.Now().Add(-75 * time.Hour))
	rows := [][]string{{"NAME", "CREATED AT", "BY", "KEYS"}, {"db", created, "", "PGUSER, PGPASSWORD, PGHOST"}, {"stripe", "never", "世界", "K"}}
	for width, want := range map[int]string{
		0: "NAME    CREATED AT            BY    KEYS\n" +
			"db      " + created + "        PGUSER, PGPASSWORD, PGHOST\n" +
			"stripe  never                 世界  K\n",
		60: "NAME    CREATED AT  BY    KEYS\n" +
			"db      3 days ago        PGUSER, PGPASSWORD, PGHOST\n" +
			"stripe  never       世界  K\n",
		45: "NAME    CREATED AT  BY    KEYS\n" +
			"db      3 days ago        PGUSER, PGPASSWORD,\n" +
			"                          PGHOST\n" +
			"stripe  never       世界  K\n",
		25: "NAME        db\n" +
			"CREATED AT  3 days ago\n" +
			"KEYS        PGUSER,\n" +
			"            PGPASSWORD,\n" +
			"            PGHOST\n\n" +
			"NAME        stripe\n" +
			"CREATED AT  never\n" +
			"BY          世界\n" +
			"KEYS        K\n",
	} {
		if got := printed(t, width, rows); got != want {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, got, want)
		}
	}
	if rows[1][1] != created {
		t.Error("the rows were changed")
	}
}

// What is in a cell neither breaks its line nor steers the terminal.
func TestTableIsHarmless(t *testing.T) {
	evil := "a\x1b[2J\r\n\t\u202eb\u2066\u009b\x9bc"
	if got := printed(t, 0, [][]string{{"NAME"}, {evil}}); strings.ContainsAny(got, "\x1b\r\t\u202e\u2066\u009b") || strings.Count(got, "\n") != 2 {
		t.Errorf("%q", got)
	}
}

// No line is wider than the terminal, and nothing is lost, whatever the cells.
func TestTableLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "columns")
		cell := rapid.StringMatching(`[a-z世é]{1,70}(, [a-z世]{1,9}){0,4}`)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, n, n), 2, 5).Draw(t, "rows")
		for i := range rows[0] {
			rows[0][i] = strings.Repeat("H", 1+i)
		}
		width := rapid.IntRange(20, 90).Draw(t, "width")
		var out strings.Builder
		if err := PrintTable(&out, width, rows); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if columns(line) > width {
				t.Fatalf("%d columns in %d: %q\n%s", columns(line), width, line, out.String())
			}
		}
		count := func(s string) int { return strings.Count(s, "世") + strings.Count(s, "é") + strings.Count(s, ",") }
		want := 0
		for _, row := range rows {
			want += count(strings.Join(row, ""))
		}
		if got := count(out.String()); got != want {
			t.Fatalf("%d of %d characters\n%s", got, want, out.String())
		}
	})
}

func TestFieldsFit(t *testing.T) {
	var out strings.Builder
	if err := PrintFields(&out, 20, [][]string{{"Name", "db"}, {"Empty", ""}, {"Keys", "PGUSER, PGPASSWORD"}}); err != nil {
		t.Fatal(err)
	}
	if want := "Name   db\nKeys   PGUSER,\n       PGPASSWORD\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestAge(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1 second ago": 1500 * time.Millisecond, "2 minutes ago": 2*time.Minute + time.Second, "23 hours ago": 24*time.Hour - 1,
		"1 day ago": 24 * time.Hour, "400 days ago": 400 * 24 * time.Hour, "in 89 days": -89*24*time.Hour - time.Hour,
	} {
		if got := age(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
