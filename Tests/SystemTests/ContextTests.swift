import Foundation
import TestKit
import Testing

/// What is built from elsewhere: addresses, repositories, archives on standard input, images in folders.
@Suite("Contexts from elsewhere", .serialized)
struct BuildContextTests {
    private func run(
        _ box: Sandbox, _ line: String, status: Int32 = 0, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await box.shell("cd \(box.root); \(line)", seconds: 120)
        #expect(answer.status == status, "\(answer)", sourceLocation: place)
        return answer.out + answer.err
    }

    /// A repository `site/repo.git` with a tag, a branch and a folder, and an archive of its files beside it.
    private static let making = """
        mkdir -p ctx/sub site; cd ctx
        printf 'FROM busybox\\nCOPY a /a\\nRUN cat /a\\n' > Dockerfile; echo first > a
        printf 'FROM busybox\\nCOPY x /a\\n' > sub/Dockerfile; echo sub > sub/x
        export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
        git init -q -b main . && git add -A && git commit -qm one && git tag v1
        echo second > a && git commit -qam two && git checkout -q -b other && echo third > a && git commit -qam three
        git checkout -q main; cd ..
        git clone -q --bare ctx site/repo.git && git -C site/repo.git update-server-info
        tar czf site/ctx.tgz -C ctx --exclude .git . && printf 'FROM busybox\\nRUN echo alone > /a\\n' > site/Alone
        """

    private func withServers(_ body: (Sandbox, _ web: String, _ git: String) async throws -> Void) async throws {
        try await Sandbox.with { box in
            _ = try await run(box, Self.making)
            let (web, git) = (try freePort(), try freePort())
            let server = try Service(
                ["python3", "-m", "http.server", "\(web)", "--bind", "127.0.0.1", "-d", box.root + "/site"],
                logFile: box.root + "/web.log")
            defer { server.stop() }
            // `git daemon` would be a parent of the daemon, which outlives it.
            let line =
                "exec $(git --exec-path)/git-daemon --export-all --base-path=site --listen=127.0.0.1 --port=\(git)"
            let daemon = try Service(
                ["sh", "-c", "cd \(box.root) && \(line)"], environment: ["HOME": box.root],
                logFile: box.root + "/git.log")
            defer { daemon.stop() }
            try await until("the servers answer") {
                let line = "curl -sf http://127.0.0.1:\(web)/Alone && git ls-remote git://127.0.0.1:\(git)/repo.git"
                return try await box.shell(line).status == 0
            }
            try await body(box, "http://127.0.0.1:\(web)", "git://127.0.0.1:\(git)/repo.git")
        }
    }

    @Test("git by its own protocol and by HTTP, archives and Dockerfiles by HTTP")
    func addresses() async throws {
        try await withServers { box, web, git in
            for (address, content) in [
                (git, "second"), ("\(git)#v1", "first"), ("\(git)#other", "third"), ("\(git)#v1:sub", "sub"),
                ("\(git)#:sub", "sub"), ("\(web)/repo.git", "second"), ("\(web)/repo.git#other", "third"),
                ("\(web)/repo.git#main:sub", "sub"), ("\(web)/ctx.tgz", "second"), ("\(web)/Alone", "alone"),
            ] {
                let built = try await run(box, "docker build --progress=plain -t x '\(address)'")
                let name = address.contains("repo.git") ? "load git source \(address)" : "load remote build context"
                #expect(built.contains("[internal] \(name)\n"), "\(built)")
                #expect(try await run(box, "docker run --rm x cat /a") == content + "\n", "\(address)")
            }
            _ = try await run(box, "docker build -q -t x -f sub/Dockerfile --build-context . '\(git)'", status: 1)
            let byFile = try await run(
                box, "printf 'FROM busybox\\nCOPY sub/x /a\\n' | docker build -q -t x -f - '\(git)'")
            #expect(byFile.hasPrefix("sha256:"))
            #expect(try await run(box, "docker run --rm x cat /a") == "sub\n")
            let left = try await run(box, "ls data/builds/running")
            #expect(left.isEmpty, "\(left)")
        }
    }

    @Test("addresses that lead nowhere are told of at once")
    func nowhere() async throws {
        try await withServers { box, web, git in
            for (address, words) in [
                ("\(web)/none", "invalid response status 404"), ("\(git)#none", "repository does not contain ref none"),
                ("\(git)#main:none", "invalid subdir none: no such file or directory"),
                ("http://127.0.0.1:1/x", "Connection refused"),
            ] {
                let began = ContinuousClock.now
                let refused = try await run(box, "docker build --progress=plain '\(address)'", status: 1)
                #expect(refused.contains(words), "\(refused)")
                #expect(refused.contains("ERROR: failed to build: failed to solve: "), "\(refused)")
                #expect(ContinuousClock.now - began < .seconds(20), "\(address)")
            }
        }
    }

    @Test("archives and Dockerfiles on standard input")
    func input() async throws {
        try await withServers { box, _, _ in
            for packing in ["cat", "gzip", "zstd -q"] {
                let line = "tar c -C ctx --exclude .git . | \(packing) | docker build -q -t x -"
                #expect(try await run(box, line).hasPrefix("sha256:"), "\(packing)")
                #expect(try await run(box, "docker run --rm x cat /a") == "second\n")
            }
            _ = try await run(box, "tar c -C ctx . | docker build -q -t x -f sub/Dockerfile -", status: 1)
            _ = try await run(box, "printf 'FROM busybox\\nRUN echo typed > /a\\n' | docker build -q -t x -")
            #expect(try await run(box, "docker run --rm x cat /a") == "typed\n")
            _ = try await run(box, "printf 'FROM busybox\\nCOPY sub/x /a\\n' | docker build -q -t x -f - ctx")
            #expect(try await run(box, "docker run --rm x cat /a") == "sub\n")
            let both = try await run(box, "docker build -f - - < /dev/null", status: 1)
            #expect(both.contains("can't use stdin for both build context and dockerfile"), "\(both)")
            let empty = try await run(box, "docker build - < /dev/null", status: 1)
            #expect(empty.contains("the Dockerfile cannot be empty"), "\(empty)")
        }
    }

    @Test("named contexts: folders with their ignore files, images, repositories, files by HTTP")
    func named() async throws {
        try await withServers { box, web, git in
            _ = try await run(
                box,
                "mkdir empty more; echo in > more/in; echo out > more/out; echo out > more/.dockerignore; "
                    + "printf 'FROM busybox\\nCOPY --from=more . /got\\n' > Dockerfile")
            let build = "docker build --progress=plain -t x -f Dockerfile --build-context more="
            let folder = try await run(box, build + "more empty")
            #expect(folder.contains("[context more] load from client\n"), "\(folder)")
            #expect(try await run(box, "docker run --rm x ls -A /got") == ".dockerignore\nin\n")
            _ = try await run(box, build + "'\(git)#v1' empty")
            #expect(try await run(box, "docker run --rm x cat /got/a") == "first\n")
            let file = try await run(box, build + "\(web)/ctx.tgz empty")
            #expect(file.contains("[context more] \(web)/ctx.tgz\n"), "\(file)")
            #expect(try await run(box, "docker run --rm x ls /got") == "ctx.tgz\n")
            let image = try await run(box, build + "docker-image://ubuntu empty")
            #expect(image.contains("[context more] ubuntu\n"), "\(image)")
            #expect(try await run(box, "docker run --rm x head -c 5 /got/etc/os-release") == "PRETT")
            let none = try await run(box, build + "nowhere empty", status: 1)
            #expect(
                none.contains("failed to get build context more: stat nowhere: no such file or directory"), "\(none)")
        }
    }

    @Test("images in folders: bases and sources, by tag and by digest")
    func layouts() async throws {
        try await Sandbox.with { box in
            _ = try await run(
                box,
                "mkdir ctx; printf 'FROM busybox\\nRUN echo mine > /mine\\n' | docker build -q -t mine:1 "
                    + "-o type=oci,dest=layout,tar=false - && docker builder prune -af && docker images -q mine:1")
            _ = try await run(box, "printf 'FROM base\\nRUN cp /mine /mine2\\n' > Based")
            for place in ["layout:1", "layout", "layout@$(grep -o 'sha256:[0-9a-f]*' layout/index.json | head -1)"] {
                let built = try await run(
                    box,
                    "docker build --progress=plain --no-cache -t x -f Based --build-context base=oci-layout://\(place) ctx"
                )
                #expect(built.contains("[context base] OCI load from client\n"), "\(built)")
                #expect(built.contains("[1/2] RUN cp /mine /mine2\n"), "\(built)")
                #expect(try await run(box, "docker run --rm x cat /mine2") == "mine\n")
            }
            _ = try await run(box, "printf 'FROM busybox\\nCOPY --from=base /mine /got\\n' > Copied")
            _ = try await run(box, "docker build -q -t x -f Copied --build-context base=oci-layout://$PWD/layout ctx")
            #expect(try await run(box, "docker run --rm x cat /got") == "mine\n")
            let tag = try await run(
                box, "docker build -f Based --build-context base=oci-layout://nowhere ctx", status: 1)
            #expect(tag.contains("oci-layout reference \"oci-layout://nowhere\" could not be resolved"), "\(tag)")
            // A layer that isn't what its digest says ends the build.
            _ = try await run(
                box,
                "docker image prune -af >/dev/null; docker builder prune -af >/dev/null; for f in layout/blobs/sha256/*; "
                    + "do [ $(stat -c %s $f) -gt 100000 ] && truncate -s -10 $f; done; true")
            let broken = try await run(
                box, "docker build -f Based --build-context base=oci-layout://layout ctx", status: 1)
            #expect(broken.contains("ERROR: failed to build: failed to solve: "), "\(broken)")
        }
    }
}
