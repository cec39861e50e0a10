package main

import ("encoding/json";"fmt";"path/filepath";"time";"os")

func measureTmp(dir string) error {
	ours, err := startOurs(filepath.Join(dir, "data"))
	if err != nil { return err }
	defer ours.stop()
	ours.create("db", 20)
	answer, err := ours.send("POST", "/v1/resolve", ask)
	if err != nil { return err }
	var told struct{ Etag string }
	json.Unmarshal(answer, &told)
	again := ask[:len(ask)-1] + fmt.Sprintf(`,"etag":%q}`, told.Etag)
	req := same(post("/v1/resolve", ours.token, again))
	if os.Getenv("FULL") != "" { req = same(post("/v1/resolve", ours.token, ask)) }
	conns := 64
	if os.Getenv("C16") != "" { conns = 16 }
	r0, err := load(ours.addr, req, conns, time.Second)
	bare, err := start("bare", fmt.Sprint(r0.bodyBytes))
	if err != nil { return err }
	defer bare.stop()
	var rs []float64
	var sum, sumb float64
	for range 15 {
		b, err := load(bare.addr, req, conns, 500*time.Millisecond)
		if err != nil { return err }
		o, err := load(ours.addr, req, conns, 500*time.Millisecond)
		if err != nil { return err }
		rs = append(rs, o.perSecond/b.perSecond); sum += o.perSecond; sumb += b.perSecond
	}
	fmt.Printf("median %.3f  mean ours %.0f bare %.0f ratio %.3f\n", median(rs), sum/15, sumb/15, sum/sumb)
	return nil
}
