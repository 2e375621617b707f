import Testing

@testable import KubectlCLI

@Suite struct UsageTests {
    @Test(
        "a command line that doesn't fit is refused in kubectl's words",
        arguments: [
            (["get", "--bar"], "error: unknown flag: --bar\nSee 'kubectl get --help' for usage.\n"),
            (["--foo"], "error: unknown flag: --foo\nSee 'kubectl --help' for usage.\n"),
            (["frobnicate"], "error: unknown command \"frobnicate\" for \"kubectl\"\n"),
            (["gte"], "error: unknown command \"gte\" for \"kubectl\"\n\nDid you mean this?\n\tget\n"),
            (["create", "deployment", "a"], "error: required flag(s) \"image\" not set\n"),
            (
                ["scale", "deploy", "x", "--replicas=-1"],
                "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n"
            ),
            (["apply"], "error: must specify one of -f and -k\n"),
            (["label", "pod", "p"], "error: at least one label update is required\n"),
            (
                ["get", "pods", "-o", "foo"],
                "error: unable to match a printer suitable for the output format \"foo\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml\n"
            ),
        ])
    func refused(_ line: [String], _ text: String) async {
        let printed = await Printed.run(line)
        #expect(printed.code == 1)
        #expect(printed.err == text)
    }

    @Test("nobody listens: the sentence says what to look at")
    func nobodyListens() async {
        let printed = await Printed.run(["get", "pods", "--server=http://127.0.0.1:1"])
        #expect(
            printed
                == Printed(
                    code: 1, out: "",
                    err:
                        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n"
                ))
    }

    @Test("global flags stand before the verb, between its words and behind it")
    func globalFlags() async {
        for line in [["--context", "x", "get", "ns"], ["get", "--context=x", "ns"], ["get", "ns", "--context", "x"]] {
            let printed = await Printed.run(line)
            #expect(printed.err == "Error in configuration: context was not found for specified context: x\n")
        }
    }

    @Test("objects are made without a server")
    func dryRun() async {
        let printed = await Printed.run([
            "create", "deployment", "web", "--image=nginx", "--port=80", "--dry-run=client", "-o", "yaml",
        ])
        #expect(
            printed.out == """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  labels:
                    app: web
                  name: web
                spec:
                  replicas: 1
                  selector:
                    matchLabels:
                      app: web
                  strategy: {}
                  template:
                    metadata:
                      labels:
                        app: web
                    spec:
                      containers:
                      - image: nginx
                        name: nginx
                        ports:
                        - containerPort: 80
                        resources: {}
                status: {}

                """)
    }

    @Test("every verb has a help page with its usage")
    func helpPages() async {
        for name in VerbTree.names {
            let printed = await Printed.run([name, "--help"])
            #expect(printed.code == 0)
            #expect(printed.out.contains("Usage:\n  kubectl \(name)"), "\(name)")
        }
    }
}
