import JSON
import Testing

@testable import Compose

@Suite("Loading projects")
struct LoadingTests {
    static let wide = """
        name: demo
        services:
          web:
            image: nginx
            command: echo "a b" 'c'
            ports: ["8080:80", "127.0.0.1:9000-9001:9000-9001/udp", 443]
            environment: {A: b, N: 5, E: , B: true, F: 1.50}
            labels: [a=b, c, "t=true"]
            volumes: [data:/data, ./src:/src:ro, /anon]
            depends_on: [db]
            deploy: {replicas: 2, resources: {limits: {cpus: "0.5", memory: 64m}}}
            healthcheck: {test: curl x, interval: 90s, retries: 3}
            extra_hosts: {a: 1.2.3.4, b: "::1"}
            ulimits: {nofile: 5, nproc: {soft: 1, hard: 2}}
            configs: [{source: c, target: /c, mode: 0440}]
            stop_grace_period: 1m30s
            networks: {front: {aliases: [x], priority: 10}, default: }
          db: {image: "postgres:16", restart: "no"}
        networks: {front: {ipam: {config: [{subnet: 10.1.0.0/16}]}}}
        volumes: {data: }
        configs: {c: {content: "hello"}}
        """

    @Test("long forms, defaults and implied parts")
    func normalForm() throws {
        let project = try MemoryFiles.project(Self.wide)
        let web = try #require(project.services["web"]).json
        #expect(web["command"].strings == ["echo", "a b", "c"])
        #expect(web["ports"].array?.count == 4)
        #expect(web["ports"][1]["host_ip"] == "127.0.0.1")
        #expect(web["ports"][2]["published"] == "9001")
        #expect(web["environment"] == ["A": "b", "B": "true", "E": nil, "F": "1.5", "N": "5"])
        #expect(web["labels"] == ["a": "b", "c": "", "t": "true"])
        #expect(web["volumes"][1]["source"] == "/w/src")
        #expect(web["depends_on", "db"] == ["condition": "service_started", "required": true])
        #expect(web["deploy", "resources", "limits", "memory"] == "67108864")
        #expect(web["healthcheck", "interval"] == "1m30s")
        #expect(web["healthcheck", "test"].strings == ["CMD-SHELL", "curl x"])
        #expect(web["extra_hosts"].strings == ["a=1.2.3.4", "b=::1"])
        #expect(web["configs"][0]["mode"] == "0440")
        #expect(project.services["web"]?.networks == ["front", "default"])
        #expect(project.networks["default"]?["name"] == "demo_default")
        #expect(project.volumes["data"]?["name"] == "demo_data")
    }

    @Test("the hash is the original's")
    func hash() throws {
        let project = try MemoryFiles.project(Self.wide)
        #expect(
            project.services["db"]?.configHash == "4c635574fb3f58a1a67398b4534529fe05116f4148717d6f4d47aa1ce9cb63fc")
        #expect(
            project.services["web"]?.configHash == "8f6533f2bc92caa9eb2c40777825ff37589f1fa50cd9bbbe067cd3d98a77b7dc")
    }

    @Test("a later file is laid over an earlier one")
    func override() throws {
        let files = MemoryFiles(files: [
            "/w/compose.yaml": """
            services:
              web:
                image: a
                command: one
                ports: ["80:80"]
                environment: [A=1, B=2]
                volumes: [x:/x]
                depends_on: [db]
              db: {image: d}
            volumes: {x: , y: }
            """,
            "/w/more.yaml": """
            services:
              web:
                command: two
                ports: !override ["81:80"]
                environment: {B: 3, C: 4}
                volumes: [y:/x]
                depends_on: !reset []
            """,
        ])
        let web = try #require(try files.project(["compose.yaml", "more.yaml"]).services["web"]).json
        #expect(web["image"] == "a")
        #expect(web["command"].strings == ["two"])
        #expect(web["ports"].array?.compactMap { $0["published"].string } == ["81"])
        #expect(web["environment"] == ["A": "1", "B": "3", "C": "4"])
        #expect(web["volumes"].array?.compactMap { $0["source"].string } == ["y"])
        #expect(web["depends_on"].isNull)
    }

    @Test("anchors, merge keys and extensions")
    func anchors() throws {
        let project = try MemoryFiles.project(
            """
            x-base: &base
              image: a
              labels: {l: "1"}
            x-more: &more {restart: always}
            services:
              web:
                <<: [*base, *more]
                image: b
              db: *base
            """)
        #expect(project.services["web"]?.image == "b")
        #expect(project.services["web"]?.json["restart"] == "always")
        #expect(project.services["db"]?.json["labels"] == ["l": "1"])
    }

    @Test("extends, from the same file and from another")
    func extends() throws {
        let files = MemoryFiles(files: [
            "/w/compose.yaml": """
            services:
              base: {image: a, environment: {A: 1}}
              web: {extends: base, environment: {B: 2}}
              far: {extends: {service: it, file: sub/other.yaml}, command: x}
            """,
            "/w/sub/other.yaml": "services:\n  it: {image: o, volumes: [./d:/d], env_file: e.env}\n",
            "/w/sub/e.env": "Q=1\n",
        ])
        let project = try files.project()
        #expect(project.services["web"]?.json["environment"] == ["A": "1", "B": "2"])
        #expect(project.services["far"]?.json["volumes"][0]["source"] == "/w/sub/d")
        #expect(project.services["far"]?.json["environment"] == ["Q": "1"])
    }

    @Test("include brings whole projects with their own folder and variables")
    func include() throws {
        let files = MemoryFiles(files: [
            "/w/compose.yaml": "include: [sub/compose.yaml]\nservices:\n  web: {image: a, depends_on: [db]}\n",
            "/w/sub/compose.yaml": "services:\n  db: {image: \"d:${V}\", volumes: [./x:/x]}\n",
            "/w/sub/.env": "V=7\n",
        ])
        let db = try #require(try files.project().services["db"]).json
        #expect(db["image"] == "d:7")
        #expect(db["volumes"][0]["source"] == "/w/sub/x")
    }

    @Test("profiles choose services; a name brings its own")
    func profiles() throws {
        let files = MemoryFiles(files: [
            "/w/compose.yaml":
                "services:\n  a: {image: x}\n  b: {image: x, profiles: [p]}\n  c: {image: x, profiles: [q]}\n"
        ])
        #expect(try files.project().serviceNames == ["a"])
        #expect(try files.project(profiles: ["p"]).serviceNames == ["a", "b"])
        #expect(try files.project(profiles: ["*"]).serviceNames == ["a", "b", "c"])
        #expect(try files.project().selecting(["c"]).serviceNames == ["c"])
    }

    @Test("env files: order, formats, and those that may be missing")
    func environmentFiles() throws {
        let files = MemoryFiles(files: [
            "/w/compose.yaml": """
            services:
              a:
                image: x
                environment: {A: own}
                env_file: [one.env, {path: two.env, format: raw}, {path: none.env, required: false}]
            """, "/w/one.env": "A=1\nB=${HOME_OF}x\nC='$A'\n", "/w/two.env": "C=\"q\"\n",
        ])
        let variables = try files.project(environment: ["HOME_OF": "h"]).services["a"]?.json["environment"]
        #expect(variables == ["A": "own", "B": "hx", "C": "\"q\""])
    }

    @Test(
        "names of projects",
        arguments: [("My App", "myapp"), ("_x", "x"), ("a-b_c", "a-b_c"), ("ÄB1", "b1"), ("", "")])
    func names(text: String, expected: String) { #expect(ProjectName.normalized(text) == expected) }
}
