import Foundation
import TestKit
import Testing

/// What our own client does beyond the classic endpoint: BuildKit's protocol as a user meets it.
@Suite("docker build by BuildKit's protocol", .serialized)
struct OwnBuildTests {
    private func run(
        _ box: Sandbox, _ line: String, status: Int32 = 0, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await box.shell("cd \(box.root); \(line)", seconds: 180)
        #expect(answer.status == status, "\(answer)", sourceLocation: place)
        return answer.out + answer.err
    }

    private func write(_ box: Sandbox, _ files: [String: String]) throws {
        for (path, text) in files {
            let file = URL(fileURLWithPath: box.root + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    @Test("secrets, contexts, labels, targets, files about the result")
    func build() async throws {
        try await Sandbox.with { box in
            try write(
                box,
                [
                    "ctx/Dockerfile": """
                    FROM busybox AS tools
                    RUN echo tool > /tool
                    FROM busybox AS app
                    WORKDIR /app
                    COPY --from=tools /tool .
                    COPY --from=more b .
                    COPY . .
                    RUN --mount=type=secret,id=key --mount=type=secret,id=word \\
                        cat /run/secrets/key /run/secrets/word > /app/got
                    CMD cat /app/a /app/b /app/tool /app/got
                    FROM app
                    RUN exit 7
                    """, "ctx/a": "a\n", "ctx/.dockerignore": "left-out\n", "ctx/left-out": "x", "more/b": "b\n",
                    "key": "hush\n",
                ])
            let line =
                "WORD=mum docker build --progress=plain -t x:1 --secret id=key,src=key --secret id=word,env=WORD "
                + "--build-context more=more --target app --label l=v --iidfile iid --metadata-file facts ctx"
            let out = try await run(box, line)
            for text in [
                "#0 building with \"default\" instance using docker driver\n\n#1 [internal] load build definition",
                "[internal] load .dockerignore", "[internal] load metadata for docker.io/library/busybox:latest",
                "[internal] load build context", "[tools 2/2] RUN echo tool > /tool\n", "[app 2/6] WORKDIR /app\n",
                "naming to docker.io/library/x:1", " done\n", " DONE ",
            ] {
                #expect(out.contains(text), "\(text) is missing in \(out)")
            }
            #expect(!out.contains("exit 7"))
            #expect(try await run(box, "docker run --rm x:1") == "a\nb\ntool\nhush\nmum")
            #expect(try await run(box, "docker run --rm x:1 ls /app") == "Dockerfile\na\nb\ngot\ntool\n")
            #expect(try await run(box, "docker inspect -f '{{json .Config.Labels}}' x:1") == "{\"l\":\"v\"}\n")
            let id = try await run(box, "docker inspect -f '{{.Id}}' x:1")
            #expect(try await run(box, "cat iid") + "\n" == id)
            #expect(try await run(box, "cat facts").contains("\"image.name\": \"docker.io/library/x:1\""))
            #expect(try await run(box, line.replacing("--progress=plain", with: "-q")) == id)
            let again = try await run(box, line)
            #expect(again.components(separatedBy: " CACHED\n").count == 7, "\(again)")
            let filtered = try await run(box, line.replacing("-t x:1", with: "--no-cache-filter tools"))
            #expect(filtered.contains("#6 [tools 2/2]") || filtered.contains("[tools 2/2] RUN"), "\(filtered)")
            #expect(filtered.components(separatedBy: " CACHED\n").count == 6, "\(filtered)")
            let left = try await run(box, "ls data/builds/running")
            #expect(left.isEmpty, "\(left)")
        }
    }

    @Test("on a terminal the picture is painted over itself, and ends with all of it")
    func terminal() async throws {
        try await Sandbox.with { box in
            try write(box, ["ctx/Dockerfile": "FROM busybox\nRUN echo some words; sleep 0.5\n"])
            let answer = try await box.terminal(
                "stty rows 30 cols 90; docker build -t x \(box.root)/ctx", input: "", seconds: 60)
            #expect(answer.status == 0, "\(answer)")
            let last = answer.out.components(separatedBy: "\u{1b}[?25l").last ?? ""
            #expect(last.contains("(6/6) FINISHED") && last.contains("docker:default"), "\(last)")
            #expect(last.contains(" => [2/2] RUN echo some words; sleep 0.5"), "\(last)")
            #expect(answer.out.contains(" => => # some words"), "\(answer.out)")
        }
    }

    @Test("outputs: folder, tar, archives, a registry, several platforms")
    func outputs() async throws {
        let registry = try await LocalRegistry.shared.address
        try await Sandbox.with { box in
            try write(box, ["ctx/Dockerfile": "FROM scratch\nCOPY d /d\n", "ctx/d/a": "one", "ctx/d/e/b": "two"])
            _ = try await run(box, "ln -s a ctx/d/link; chmod 750 ctx/d/e; docker build -q -o out ctx")
            let look = "cat out/d/a out/d/e/b; readlink out/d/link; stat -c %a out/d/e out/d"
            #expect(try await run(box, look) == "onetwoa\n750\n755\n")
            _ = try await run(box, "echo more >> ctx/d/a; docker build -q -o type=local,dest=out ctx")
            #expect(try await run(box, "cat out/d/a") == "onemore\n")
            #expect(try await run(box, "docker build -q -o - ctx | tar xO d/e/b") == "two")
            _ = try await run(box, "docker build -q -t y:1 -o type=docker,dest=y.tar ctx && docker load -i y.tar")
            #expect(try await run(box, "docker images -q y:1 | wc -l") == "1\n")
            _ = try await run(box, "docker build -q -t y:2 -o type=oci,dest=layout,tar=false ctx")
            #expect(try await run(box, "skopeo inspect oci:layout:2 | grep -c sha256:") != "0\n")
            _ = try await run(box, "docker build -q --push -t \(registry)/own:1 ctx")
            #expect(try await run(box, "curl -sf http://\(registry)/v2/own/tags/list").contains("\"1\""))
            let two = "docker build --platform linux/amd64,linux/arm64 -t \(registry)/own:2 "
            _ = try await run(box, two + "--push ctx")
            let listed = try await run(box, "docker buildx imagetools inspect \(registry)/own:2")
            #expect(listed.contains("Platform:    linux/arm64") && listed.contains("Platform:    linux/amd64"))
            _ = try await run(
                box, "docker buildx imagetools create -t \(registry)/own:3 \(registry)/own:1 \(registry)/own:2")
            #expect(
                try await run(box, "docker buildx imagetools inspect --raw \(registry)/own:3").contains("linux"))
            let kept = try await run(box, two + "ctx", status: 1)
            #expect(
                kept.contains(
                    "ERROR: failed to build: failed to solve: an image for several platforms can't be kept here"))
        }
    }

    @Test("ssh: the user's agent and keys in files, to the end")
    func agents() async throws {
        try await Sandbox.with { box in
            // The program that asks agents, with all that it needs, out of this machine's own packages.
            _ = try await run(
                box,
                """
                mkdir -p ctx/root/bin keys; chmod 700 keys; add=$(command -v ssh-add); cp $add ctx/root/bin/
                for file in $(ldd $add | grep -o '/[^ ]*'); do cp -L --parents $file ctx/root; done
                ssh-keygen -q -t ed25519 -N '' -C first -f keys/first; ssh-keygen -q -t rsa -N '' -C second -f keys/second
                """)
            try write(
                box,
                [
                    "ctx/Dockerfile": """
                    FROM busybox
                    COPY root /
                    RUN --mount=type=ssh ssh-add -l > /one
                    RUN --mount=type=ssh,id=other,required ssh-add -l > /two
                    RUN ssh-add -l > /none; echo $? >> /none
                    CMD cat /one /two /none
                    """
                ])
            let agent = "eval $(ssh-agent -a \(box.root)/agent.sock) >/dev/null; trap 'kill $SSH_AGENT_PID' EXIT; "
            _ = try await run(
                box,
                agent
                    + "ssh-add -q keys/first; docker build -q -t x --ssh default --ssh other=keys/first,keys/second ctx"
            )
            let shown = try await run(box, "docker run --rm x")
            #expect(shown.components(separatedBy: " first (ED25519)\n").count == 3, "\(shown)")
            #expect(shown.components(separatedBy: " second (RSA)\n").count == 2, "\(shown)")
            #expect(shown.hasSuffix("\n2\n"), "without a mount there is no agent: \(shown)")
            let missing = try await run(box, "docker build --no-cache --ssh default=keys/first ctx", status: 1)
            #expect(missing.contains(">>> RUN --mount=type=ssh,id=other,required"), "\(missing)")
            let none = try await run(box, "unset SSH_AUTH_SOCK; docker build --ssh default ctx", status: 1)
            #expect(
                none == "ERROR: failed to build: invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set\n")
            let bad = try await run(box, "docker build --ssh default=ctx/Dockerfile ctx", status: 1)
            #expect(
                bad.hasPrefix("ERROR: failed to build: failed to parse \(box.root)/ctx/Dockerfile as SSH key: "),
                "\(bad)")
            try await until("the keys' agents are gone") {
                try await box.shell("pgrep -f '[s]sh-agent -a [^ ]*docker-build'").status == 1
            }
        }
    }

    @Test("a registry that wants a password: base, push, cache, by the client's login alone")
    func privateRegistry() async throws {
        try await Sandbox.with { box in
            try await PrivateRegistry.with(in: box.root) { address in
                try write(box, ["ctx/Dockerfile": "FROM \(address)/base\nRUN echo mine > /mine\n"])
                let refused = try await run(box, "docker build --progress=plain ctx", status: 1)
                #expect(refused.contains("ERROR: failed to build: failed to solve: "), "\(refused)")
                _ = try await run(box, "echo secret | docker login -u me --password-stdin \(address)")
                _ = try await run(box, "docker pull -q busybox; docker tag busybox \(address)/base")
                _ = try await run(box, "docker push -q \(address)/base; docker rmi -f busybox \(address)/base")
                _ = try await run(
                    box,
                    "docker build -q --push -t \(address)/mine --cache-to type=registry,ref=\(address)/cache,mode=max ctx"
                )
                let tags = try await run(box, "curl -sf -u me:secret http://\(address)/v2/_catalog")
                #expect(tags.contains("\"mine\"") && tags.contains("\"cache\""), "\(tags)")
                _ = try await run(box, "docker rmi -f \(address)/mine; docker builder prune -af")
                let cached = try await run(
                    box, "docker build --progress=plain --cache-from \(address)/cache --pull ctx")
                #expect(cached.contains("[2/2] RUN echo mine > /mine\n"), "\(cached)")
                #expect(cached.components(separatedBy: " CACHED\n").count >= 2, "\(cached)")
                let config = try await run(box, "cat config/config.json")
                #expect(!config.contains("secret"), "the password is only there in its encoded form")
            }
        }
    }

    @Test(
        "a cache with the outcome's layers alone is enough while nothing changes: stages that are copied from don't run",
        arguments: ["type=registry,ref=REF", "type=local,dest=DIR", "type=inline"])
    func smallCache(_ kind: String) async throws {
        let registry = try await LocalRegistry.shared.address
        try await Sandbox.with { box in
            try write(
                box,
                [
                    "ctx/Dockerfile": """
                    FROM busybox AS tools
                    RUN cat /proc/sys/kernel/random/uuid > /tool
                    FROM busybox AS base
                    RUN cat /proc/sys/kernel/random/uuid > /base
                    FROM base
                    COPY a /a
                    COPY --from=tools --chmod=600 /tool /got/
                    RUN cat /base /got/tool > /all
                    CMD cat /all
                    """, "ctx/a": "a",
                ])
            let name = "\(registry)/small-\(kind.prefix(8).suffix(3))"
            let to = kind.replacing("REF", with: name + "-cache").replacing("DIR", with: box.root + "/cache")
            let from = kind == "type=inline" ? "type=registry,ref=\(name)" : to.replacing("dest=", with: "src=")
            _ = try await run(box, "docker build -q --push -t \(name) --cache-to \(to) ctx")
            let before = try await run(box, "docker run --rm \(name)")
            let forget = "docker rmi -f \(name) busybox >/dev/null 2>&1; docker builder prune -af >/dev/null"
            let line = "docker build --progress=plain -t \(name) --cache-from \(from) ctx"
            let cached = try await run(box, "\(forget); \(line)")
            #expect(!cached.contains("[tools 2/2] RUN cat /proc/sys/kernel/random/uuid > /tool\n#5 DONE"), "\(cached)")
            #expect(cached.components(separatedBy: " CACHED\n").count >= 6, "\(cached)")
            #expect(try await run(box, "docker run --rm \(name)") == before)
            // What is told to a stage counts, though it is never run.
            _ = try await run(box, "sed -i 's#uuid > /tool#uuid >> /tool#' ctx/Dockerfile")
            let changed = try await run(box, "\(forget); \(line)")
            let after = try await run(box, "docker run --rm \(name)")
            #expect(after != before && after.prefix(36) == before.prefix(36), "\(changed) \(after)")
            _ = try await run(box, "echo b > ctx/a; \(forget); \(line)")
            #expect(try await run(box, "docker run --rm \(name) cat /a") == "b\n")
            let broken = try await run(
                box, "sed -i 's#FROM base#FROM base AS x\\nRUN exit 9#' ctx/Dockerfile; \(line)", status: 1)
            #expect(broken.contains(">>> RUN exit 9"), "\(broken)")
        }
    }

    @Test("--pull asks for what a tag means now")
    func pull() async throws {
        let registry = try await LocalRegistry.shared.address
        try await Sandbox.with { box in
            func push(_ word: String) async throws {
                _ = try await run(
                    box,
                    "printf 'FROM busybox\\nRUN echo \(word) > /word\\n' | docker build -q --push -t \(registry)/pull:1 -"
                )
            }
            try write(box, ["ctx/Dockerfile": "FROM \(registry)/pull:1\nCMD cat /word\n"])
            try await push("old")
            _ = try await run(box, "docker build -q -t x ctx; docker run --rm x | grep old")
            try await push("new")
            _ = try await run(
                box, "docker tag x keep; docker rmi -f \(registry)/pull:1; docker build -q --pull -t x ctx")
            #expect(try await run(box, "docker run --rm x") == "new\n")
        }
    }

    @Test("buildx: what there is to see of the builder and its cache")
    func buildx() async throws {
        try await Sandbox.with { box in
            try write(box, ["ctx/Dockerfile": "FROM busybox\nRUN echo x > /x\n"])
            _ = try await run(box, "docker buildx build -q -t x ctx")
            let list = try await run(box, "docker buildx ls")
            #expect(list.contains("NAME/NODE") && list.contains("default*") && list.contains("running"), "\(list)")
            #expect(try await run(box, "docker buildx inspect").contains("Driver:        docker\n"))
            #expect(try await run(box, "docker build --call=targets -q ctx") == "TARGET\n(no name)\n")
            #expect(
                try await run(box, "docker build --check -q ctx") == "Check complete, no warnings found.\n")
            #expect(try await run(box, "docker build --call=fly ctx", status: 1).contains("invalid call \"fly\""))
            let wrong = try await run(box, "printf 'FROM x\\nNO' | docker build --check -", status: 1)
            #expect(wrong.contains("   2 | >>> NO\n"), "\(wrong)")
            #expect(try await run(box, "docker buildx version").hasPrefix("github.com/docker/buildx v"))
            let usage = try await run(box, "docker buildx du")
            #expect(usage.hasPrefix("ID") && usage.contains("Total:"), "\(usage)")
            #expect(try await run(box, "docker rmi -f x >/dev/null; docker buildx prune -af").contains("Total"))
            #expect(try await run(box, "docker buildx bake", status: 1) == "ERROR: couldn't find a bake definition\n")
            #expect(try await run(box, "docker buildx use other", status: 1).contains("no builder \"other\" found"))
        }
    }

    @Test(
        "buildx history: builds are listed, looked at, told again and forgotten")
    func history() async throws {
        try await Sandbox.with { box in
            try write(box, ["ctx/Dockerfile": "FROM busybox\nRUN echo told\n", "bad": "FROM busybox\nRUN exit 9\n"])
            #expect(try await run(box, "docker buildx history inspect", status: 1) == "ERROR: no records found\n")
            let built = try await run(
                box, "docker build --progress=plain --build-arg X=1 --label l=v ctx; docker build -q -f bad ctx; true")
            let list = try await run(box, "docker buildx history ls")
            let rows = list.split(separator: "\n")
            #expect(rows.count == 3 && rows[0].hasPrefix("BUILD ID "), "\(list)")
            #expect(
                rows[1].contains(" Error ") && rows[2].contains(" ctx ") && rows[2].contains(" Completed "), "\(list)")
            let names = rows.dropFirst().map { String($0.prefix { $0 != " " }) }
            let shown = try await run(box, "docker buildx history inspect \(names[1])")
            for text in [
                "Name:\t\tctx\nContext:\tctx\nDockerfile:\tDockerfile\n", "Image Resolve Mode:\tlocal\n",
                "BUILD ARG\tVALUE\nX\t\t1\n", "LABEL\tVALUE\nl\tv\n", "Print build logs: docker buildx history logs",
            ] { #expect(shown.contains(text), "\(text) is missing in \(shown)") }
            let failed = try await run(box, "docker buildx history inspect '^0'")
            #expect(failed.contains("Error:\t\tUnknown process "), "\(failed)")
            // Word for word what it told when it was built.
            let again = try await run(box, "docker buildx history logs \(names[1])")
            func plain(_ text: String) -> [Substring] {
                text.split(separator: "\n").filter { ($0.contains("] ") || $0.contains("told")) && !$0.hasPrefix(" >") }
                    .map { $0.hasPrefix("#") ? $0.drop { $0 != " " } : $0 }
            }
            #expect(plain(again) == plain(built).filter { !$0.contains("instance using") }, "\(again)")
            #expect(
                try await run(box, "docker buildx history ls --filter status=error").split(separator: "\n").count == 2)
            let json = try await run(box, "docker buildx history ls --format '{{.Status}}'")
            #expect(json == "Error\nCompleted\n")
            _ = try await run(box, "docker buildx history rm \(names[0])")
            #expect(
                try await run(box, "docker buildx history rm \(names[0])", status: 1)
                    == "ERROR: lease \"ref_\(names[0])\": not found\n")
            _ = try await run(box, "docker buildx history rm --all")
            #expect(try await run(box, "docker buildx history ls").split(separator: "\n").count == 1)
        }
    }

    @Test("bake: groups, inheritance, targets in targets, variables, inline Dockerfiles")
    func bake() async throws {
        try await Sandbox.with { box in
            try write(
                box,
                [
                    "docker-bake.hcl": """
                    variable "TAG" { default = "latest" }
                    group "default" { targets = ["app", "tool"] }
                    target "base" { dockerfile-inline = "FROM busybox\\nRUN echo base > /base\\n" }
                    target "app" {
                      context  = "app"
                      contexts = { below = "target:base" }
                      tags     = ["app:${TAG}"]
                      args     = { WORD = "one" }
                    }
                    target "tool" {
                      inherits = ["app"]
                      tags     = ["tool:${TAG}"]
                      args     = { WORD = "two" }
                    }
                    """,
                    "app/Dockerfile": "FROM below\nARG WORD\nRUN echo $WORD $(cat /base) > /got\nCMD cat /got\n",
                    "compose.yaml": "services:\n  web:\n    build: app\n    image: web:1\n",
                ])
            let out = try await run(box, "TAG=x docker buildx bake --progress=plain -f docker-bake.hcl")
            for text in [
                "[app internal] load build definition", "[tool] exporting to image", "[base 2/2] RUN echo base",
            ] {
                #expect(out.contains(text), "\(text) is missing in \(out)")
            }
            #expect(try await run(box, "docker run --rm app:x; docker run --rm tool:x") == "one base\ntwo base\n")
            #expect(try await run(box, "docker images --format '{{.Repository}}' | sort -u") == "app\nbusybox\ntool\n")
            let set = "docker buildx bake -q tool --set tool.args.WORD=three --set tool.tags=set:1"
            _ = try await run(box, set.replacing(" -q", with: " --progress=quiet -f docker-bake.hcl"))
            #expect(try await run(box, "docker run --rm set:1") == "three base\n")
            let failed = try await run(
                box, "echo RUN exit 5 >> app/Dockerfile; docker buildx bake --progress=plain -f docker-bake.hcl app",
                status: 1)
            #expect(
                failed.contains("ERROR: target app: failed to solve: process ") && failed.contains(">>> RUN exit 5"),
                "\(failed)")
            let shown = try await run(box, "docker buildx bake -f compose.yaml --print")
            #expect(
                shown.replacing(" ", with: "").replacing("\n", with: "").contains(
                    "\"web\":{\"context\":\"app\",\"dockerfile\":\"Dockerfile\",\"tags\":[\"web:1\"]}"), "\(shown)")
        }
    }
}

/// Debian's docker-registry, with a password for the user `me`: `secret`.
private enum PrivateRegistry {
    /// bcrypt's.
    private static let hash = "$2b$12$FM12JelPu311VdP1z1UOWOvmvBNg.vzDKByQZCNl2PHTQYzEmIXtq"

    static func with(in folder: String, _ body: (_ address: String) async throws -> Void) async throws {
        let address = "127.0.0.1:\(try freePort())"
        try Data("me:\(hash)\n".utf8).write(
            to: URL(fileURLWithPath: folder + "/htpasswd"))
        let config = """
            version: 0.1
            log: {level: warn, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(folder)/private"}}
            auth: {htpasswd: {realm: test, path: "\(folder)/htpasswd"}}
            http: {addr: "\(address)"}
            """
        try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/private.yml"))
        let service = try Service(
            ["docker-registry", "serve", folder + "/private.yml"], logFile: folder + "/private.log")
        defer { service.stop() }
        try await until("registry answers") {
            try await Command.run(["curl", "-s", "-o", "/dev/null", "-u", "me:secret", "-f", "http://\(address)/v2/"])
                .status == 0
        }
        try await body(address)
    }
}
