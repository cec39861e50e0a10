package dotenv
import ("testing";"os";"strings";"time")
func TestZZ(t *testing.T){
 in := []byte(hostile[os.Getenv("H")](16<<20))
 st:=time.Now()
 vars,err := Parse(in, Options{Skipped: func(Fault){}})
 b,_ := os.ReadFile("/proc/self/status")
 for _,l := range strings.Split(string(b),"\n") { if strings.HasPrefix(l,"VmHWM") { t.Log(os.Getenv("H"), l, len(vars), err, time.Since(st)) } }
}
