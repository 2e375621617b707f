import JSON
import Testing

@testable import CommandLine

/// Expected texts are what Go's text/template with Docker's functions gives.
@Suite struct TemplateTests {
    static let data: JSON = [
        "Name": "/web", "Id": "0123456789abcdef", "Count": 3, "Ratio": .number("1.5"), "On": true, "Off": false,
        "Nothing": nil,
        "List": ["a", "b", "c"], "Empty": [], "Labels": ["z": "1", "a": "2"],
        "State": ["Status": "running", "Pid": 42], "Mounts": [["Type": "bind", "RW": true]],
    ]

    static let cases: [(String, String)] = [
        ("{{.Name}}", "/web"), ("{{.State.Status}}:{{.State.Pid}}", "running:42"), ("{{ .Count }}", "3"),
        ("{{.Ratio}}", "1.5"),
        ("{{.On}} {{.Off}}", "true false"), ("{{.List}}", "[a b c]"), ("{{.Labels}}", "map[a:2 z:1]"),
        ("{{.Nothing}}", "<nil>"),
        ("{{json .}}", data.text), ("{{json .List}}", #"["a","b","c"]"#), ("{{json .Name}}", #""/web""#),
        ("{{if .On}}yes{{else}}no{{end}}", "yes"), ("{{if .Off}}yes{{else if .On}}maybe{{else}}no{{end}}", "maybe"),
        ("{{if .Empty}}full{{else}}empty{{end}}", "empty"), ("{{with .State}}{{.Pid}}{{end}}", "42"),
        ("{{with .Nothing}}x{{else}}y{{end}}", "y"), ("{{range .List}}<{{.}}>{{end}}", "<a><b><c>"),
        ("{{range $i, $v := .List}}{{$i}}={{$v}};{{end}}", "0=a;1=b;2=c;"),
        ("{{range $k, $v := .Labels}}{{$k}}{{$v}} {{end}}", "a2 z1 "),
        ("{{range .Empty}}x{{else}}none{{end}}", "none"),
        ("{{range .List}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"),
        ("{{range .List}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac"), ("{{index .List 1}}", "b"),
        ("{{index .Labels \"a\"}}", "2"), ("{{(index .Mounts 0).Type}}", "bind"),
        ("{{len .List}} {{len .Name}}", "3 4"),
        ("{{slice .Id 0 4}}", "0123"), ("{{join .List \", \"}}", "a, b, c"),
        ("{{join (split .Name \"e\") \"-\"}}", "/w-b"),
        ("{{upper .Name}} {{lower \"ABC\"}} {{title \"two words\"}}", "/WEB abc Two Words"),
        ("{{pad .Name 1 2}}|", " /web  |"),
        ("{{truncate .Id 6}}", "012345"),
        (
            "{{printf \"%-6s|%5d|%05d|%x|%q|%v|%t\" .Name .Count 42 255 \"q\" .List true}}",
            "/web  |    3|00042|ff|\"q\"|[a b c]|true"
        ),
        ("{{printf \"%.2f %g\" .Ratio .Ratio}}", "1.50 1.5"), ("{{print 1 2 \"x\" 3}}", "1 2x3"),
        ("{{println \"a\" 1}}", "a 1\n"),
        ("{{printf \"%d\"}}", "%!d(MISSING)"), ("{{printf \"%d\" \"x\"}}", "%!d(string=x)"),
        ("{{printf \"a\" 1}}", "a%!(EXTRA int=1)"),
        (
            "{{eq .Count 3}} {{ne .Count 3}} {{lt 1 2}} {{ge 2 2}} {{eq .Name \"x\" \"/web\"}}",
            "true false true true true"
        ),
        ("{{and .On .Count}} {{or .Off .Name}} {{not .On}}", "3 /web false"),
        ("{{.Name | upper | printf \"<%s>\"}}", "</WEB>"),
        ("{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12"),
        ("{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .Name}}", "[/web]"),
        ("{{block \"b\" .Count}}({{.}}){{end}}", "(3)"), ("a  {{- /* comment */ -}}  b", "ab"),
        ("a {{- .Count -}} b", "a3b"),
        ("{{`raw\\n`}}{{\"tab\\t\"}}{{'a'}}", "raw\\ntab\t97"),
        ("{{html \"<a&b>\"}} {{urlquery \"a b&c\"}}", "&lt;a&amp;b&gt; a+b%26c"),
        ("{{.Missing}}", "<no value>"), ("{{.Missing.More}}", "<no value>"), ("{{$}}{{/* x */}}", "map["),
        ("plain", "plain"),
    ]

    @Test("templates give what Go gives", arguments: cases)
    func evaluates(_ source: String, _ expected: String) throws {
        let text = try Template(parsing: source).execute(.json(Self.data))
        if source.hasPrefix("{{$}}") { #expect(text.hasPrefix(expected)) } else { #expect(text == expected) }
    }

    static let refusesCases: [(String, String)] = [
        ("{{.Name", "template: :1: unclosed action"), ("{{if .On}}", "template: :1: unexpected EOF"),
        ("{{end}}", "template: :1: unexpected {{end}}"),
        ("{{nope .Name}}", "template: :1: function \"nope\" not defined"),
        ("{{$x}}", "template: :1: undefined variable \"$x\""), ("{{}}", "template: :1: missing value for command"),
        ("a\n{{.A", "template: :2: unclosed action"), ("{{\"abc}}", "template: :1: unterminated quoted string"),
        ("{{(.A}}", "template: :1: unclosed left paren"), ("{{break}}", "template: :1: {{break}} outside {{range}}"),
    ]

    @Test("templates that can't be read are refused in Go's words", arguments: refusesCases)
    func refuses(_ source: String, _ expected: String) {
        #expect { _ = try Template(parsing: source) } throws: { "\($0)" == expected }
    }

    static let executionErrorsCases: [(String, String)] = [
        ("{{.Nope}}", "template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\""),
        (
            "{{.State.Health.Status}}",
            "template: :1:8: executing \"\" at <.State.Health.Status>: map has no entry for key \"Health\""
        ),
        ("{{.Name.X}}", "template: :1:7: executing \"\" at <.Name.X>: can't evaluate field X in type string"),
        (
            "{{index .List 9}}",
            "template: :1:2: executing \"\" at <index .List 9>: error calling index: index out of range: 9"
        ),
        ("{{len .Count}}", "template: :1:2: executing \"\" at <len .Count>: error calling len: len of type int"),
        (
            "{{upper 1}}",
            "template: :1:2: executing \"\" at <upper 1>: error calling upper: wrong type for value; expected string; got int"
        ),
        ("{{template \"none\"}}", "template: :1: template \"none\" not defined"),
    ]

    @Test("a missing key is an error where it has to be, and says where", arguments: executionErrorsCases)
    func executionErrors(_ source: String, _ expected: String) throws {
        let template = try Template(parsing: source)
        #expect { _ = try template.execute(.json(Self.data), missingKeysFail: true) } throws: { "\($0)" == expected }
    }

    @Test(
        "what a document leaves out or has as null is Go's zero value rather than an error",
        arguments: [
            ("{{if .Health}}h{{else}}none{{end}}", "none"), ("{{.Health}}", "<nil>"), ("{{.Entrypoint}}", "[]"),
            ("{{.Volumes}}", "map[]"), ("{{json .Entrypoint}}", "null"), ("{{.StopSignal}}|", "|"),
            ("{{len .Entrypoint}}{{range .Entrypoint}}x{{end}}{{.Volumes.x}}", "0<no value>"), ("{{.Null}}", "[]"),
            (#"{{.Labels.no}}|{{index .Labels "no"}}|{{index .Labels "a"}}|{{.Labels}}"#, "<no value>||1|map[a:1]"),
            (#"{{range $k, $v := .Labels}}{{$k}}{{$v}}{{end}}{{len .Labels}}{{json .Labels}}"#, #"a11{"a":"1"}"#),
        ])
    func optionalKeys(_ source: String, _ expected: String) throws {
        let zeros: [String: JSON] = [
            "Health": nil, "Entrypoint": [], "Volumes": [:], "StopSignal": "", "Null": [], "Labels": [:],
        ]
        let template = try Template(parsing: source)
        #expect(
            try template.execute(
                .json(["Null": nil, "Labels": ["a": "1"]]), missingKeysFail: true, optionalKeys: zeros) == expected)
    }

    @Test("a template that calls itself without end is stopped")
    func endlessRecursion() throws {
        let template = try Template(parsing: "{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}")
        #expect(throws: TemplateError.self) { _ = try template.execute(.json([:])) }
    }

    @Test("structures print as values and maps with their keys")
    func structures() throws {
        let ports: JSON = ["PortBindings": ["80/tcp": [["HostIp": "", "HostPort": "8080"]]]]
        #expect(try Template(parsing: "{{.PortBindings}}").execute(.json(ports)) == "map[80/tcp:[{ 8080}]]")
    }

    @Test("random templates neither trap nor run on", arguments: 0..<300)
    func randomTemplates(_ seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        let pieces = [
            "{{", "}}", "{{-", "-}}", ".", "A", "if ", "range ", "end", "else", "$x", ":=", "|", "(", ")", "\"", "`",
            "1", " ", "json ", "index ", "printf \"%*d\" 5 ", "with ", "define \"t\"", "template \"t\"", "\n", "'a'",
            "é",
        ]
        let source = (0..<(1 + next(14))).map { _ in pieces[next(pieces.count)] }.joined()
        if let template = try? Template(parsing: source) { _ = try? template.execute(.json(Self.data)) }
    }

    @Test(
        "structures of Docker's print as Go prints them: in their order, with the fields that JSON leaves out",
        arguments: [
            (
                #"{"Status":"running","Running":true,"OOMKilled":false,"Pid":12,"ExitCode":0,"StartedAt":"t"}"#,
                "{running true false false false false 12 0  t  <nil>}"
            ),
            (
                #"{"Hostname":"h","User":"u","AttachStdin":false,"AttachStdout":true,"ExposedPorts":{"80/tcp":{}},"Env":["A=b"],"Cmd":["sleep","1"],"Image":"busybox","Volumes":null,"WorkingDir":"/w","Labels":{"z":"1","a":"2"}}"#,
                "{h  u false true false map[80/tcp:{}] false false false [A=b] [sleep 1] <nil> false busybox map[] /w [] false  [] map[a:2 z:1]  <nil> []}"
            ),
            (
                #"[{"Type":"bind","Source":"/a","Destination":"/b","Mode":"","RW":true,"Propagation":"rprivate"}]"#,
                "[{bind  /a /b   true rprivate}]"
            ),
            (#"{"Data":{"ID":"x","A":"m"},"Name":"overlay2"}"#, "{map[A:m ID:x] overlay2}"),
            (#"{"Type":"json-file","Config":{"max-size":"1m","a":"b"}}"#, "{json-file map[a:b max-size:1m]}"),
            (#"{"Name":"no","MaximumRetryCount":0}"#, "{no 0}"),
            (#"{"Type":"layers","Layers":["sha256:a"]}"#, "{layers [sha256:a]}"),
            (
                #"{"Binds":["vol:/y","/data:/x"],"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},"NetworkMode":"bridge","PortBindings":{"80/udp":[{"HostIp":"127.0.0.1","HostPort":"8090"}],"81/tcp":[{"HostIp":"","HostPort":"8091"}]},"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"ConsoleSize":[0,0],"CapAdd":["CAP_NET_ADMIN"],"CapDrop":null,"CgroupnsMode":"private","Dns":["1.1.1.1"],"DnsOptions":[],"DnsSearch":[],"ExtraHosts":["x:1.2.3.4"],"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":["seccomp=unconfined"],"Tmpfs":{"/run":""},"UTSMode":"","UsernsMode":"","ShmSize":67108864,"Sysctls":{"net.ipv4.ip_forward":"1"},"Runtime":"hako","Isolation":"","CpuShares":0,"Memory":104857600,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":[{"Path":"/dev/vda","Weight":300}],"BlkioDeviceReadBps":[],"BlkioDeviceWriteBps":[],"BlkioDeviceReadIOps":[],"BlkioDeviceWriteIOps":[],"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/foo","CgroupPermissions":"rwm"}],"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":209715200,"MemorySwappiness":null,"OomKillDisable":false,"PidsLimit":50,"Ulimits":[{"Name":"nofile","Hard":200,"Soft":100}],"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1048576}}],"MaskedPaths":["/proc/acpi"],"ReadonlyPaths":["/proc/bus"],"Init":true}"#,
                "{[vol:/y /data:/x]  {json-file map[]} bridge map[80/udp:[{127.0.0.1 8090}] 81/tcp:[{ 8091}]] {on-failure 3} false  [] [0 0] map[] [CAP_NET_ADMIN] [] private [1.1.1.1] [] [] [x:1.2.3.4] [] private  [] 0  false false false [seccomp=unconfined] map[] map[/run:]   67108864 map[net.ipv4.ip_forward:1] hako  {0 104857600 0  0 [/dev/vda:300] [] [] [] [] 0 0 0 0   [{/dev/null /dev/foo rwm}] [] [] 0 0 0 209715200 <nil> false 50 [nofile=100:200] 0 0 0 0} [{tmpfs  /t false  <nil> <nil> <nil> {1048576} <nil>}] [/proc/acpi] [/proc/bus] true}"
            ),
            (
                #"{"Bridge":"","SandboxID":"36d98d7a3d40","SandboxKey":"/proc/2064/ns/net","Ports":{"99/tcp":[{"HostIp":"0.0.0.0","HostPort":"32768"},{"HostIp":"::","HostPort":"32768"}]},"HairpinMode":false,"LinkLocalIPv6Address":"","LinkLocalIPv6PrefixLen":0,"SecondaryIPAddresses":null,"SecondaryIPv6Addresses":null,"EndpointID":"","Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","MacAddress":"","Networks":{"nn":{"IPAMConfig":{"IPv4Address":"10.9.0.5"},"Links":null,"Aliases":["foo"],"MacAddress":"02:42:0a:09:00:05","DriverOpts":null,"GwPriority":0,"NetworkID":"a01e6bb79061","EndpointID":"17d25aa45950","Gateway":"10.9.0.1","IPAddress":"10.9.0.5","IPPrefixLen":24,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":["cc","foo","36d98d7a3d40"]}}}"#,
                "{{ 36d98d7a3d40 /proc/2064/ns/net map[99/tcp:[{0.0.0.0 32768} {:: 32768}]] false  0 [] []} {   0  0  } map[nn:{{10.9.0.5  []} [] [foo] 02:42:0a:09:00:05 map[] 0 a01e6bb79061 17d25aa45950 10.9.0.1 10.9.0.5 24   0 [cc foo 36d98d7a3d40]}]}"
            ),
            (
                #"{"Name":"nn","Id":"a01e6bb79061","Created":"2026-11-26T13:31:54.72062257Z","Scope":"local","Driver":"bridge","EnableIPv4":true,"EnableIPv6":false,"IPAM":{"Driver":"default","Options":null,"Config":[{"Subnet":"10.9.0.0/24","Gateway":"10.9.0.1"}]},"Internal":false,"Attachable":false,"Ingress":false,"ConfigFrom":{"Network":""},"ConfigOnly":false,"Containers":{"36d98d7a3d40":{"Name":"cc","EndpointID":"17d25aa45950","MacAddress":"02:42:0a:09:00:05","IPv4Address":"10.9.0.5/24","IPv6Address":""}},"Options":{},"Labels":{"x":"y"}}"#,
                "{nn a01e6bb79061 2026-11-26 13:31:54.72062257 +0000 UTC local bridge true false {default map[] [{10.9.0.0/24  10.9.0.1 map[]}]} false false false {} false map[36d98d7a3d40:{cc 17d25aa45950 02:42:0a:09:00:05 10.9.0.5/24 }] map[] map[x:y] [] map[]}"
            ),
            (#"{"a":"b","Name":"c"}"#, "map[Name:c a:b]"),
        ])
    func wholeStructures(_ value: String, _ text: String) throws {
        #expect(try Template(parsing: "{{.}}").execute(.json(try JSON(parsing: value))) == text)
    }

}
