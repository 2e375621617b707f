import Fault
import Foundation
import JSON
import Testing

@testable import CommandLine

@Suite struct DockerConfigTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "hako-config-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ text: String, _ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test("a password is kept as docker keeps it, for its owner alone, and what else is in the file survives")
    func storesInFile() throws {
        try withFolder { folder in
            try write(
                #"{"psFormat":"x","auths":{"other":{"auth":"Yjpj"}},"unknown":{"a":[1.50]}}"#, folder + "/config.json")
            var config = try DockerConfig.load(folder: folder)
            let ann = RegistryCredentials(username: "ann", password: "se:cret", serverAddress: "docker.io")
            #expect(try config.store(ann) == .file(folder + "/config.json"))
            let text = try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
            #expect(text.contains("1.50") && text.contains("\"psFormat\": \"x\""))
            #expect(
                text.contains("\n\t\t\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\": \"YW5uOnNlOmNyZXQ=\"\n\t\t}"))
            let mode =
                try FileManager.default.attributesOfItem(atPath: folder + "/config.json")[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let again = try DockerConfig.load(folder: folder)
            #expect(try again.credentials(for: "docker.io")?.password == "se:cret")
            #expect(try again.credentials(for: "other")?.username == "b")
            #expect(try again.credentials(for: "nowhere") == nil)
            #expect(try config.erase("docker.io"))
            #expect(try !config.erase("docker.io"))
            #expect(try DockerConfig.load(folder: folder).credentials(for: "docker.io") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["config.json"])
        }
    }

    @Test("identity tokens and the addresses of old clients are understood")
    func oldForms() throws {
        let json = try JSON(
            parsing:
                #"{"auths":{"https://r.example:5000/v1/":{"auth":"YW5uOnB3"},"t.example":{"auth":"YW5uOg==","identitytoken":"tok"}}}"#
        )
        let config = DockerConfig(folder: "/nowhere", json: json)
        #expect(try config.credentials(for: "r.example:5000")?.password == "pw")
        #expect(
            try config.credentials(for: "t.example")?.json == [
                "username": "ann", "identitytoken": "tok", "serveraddress": "t.example",
            ])
    }

    @Test("no file is an empty configuration, a broken one is named")
    func missingAndBroken() throws {
        try withFolder { folder in
            #expect(try DockerConfig.load(folder: folder).json == [:])
            try write("{ nonsense", folder + "/config.json")
            let error = #expect(throws: Fault.self) { try DockerConfig.load(folder: folder) }
            #expect(error?.message.hasPrefix("parsing config file (\(folder)/config.json): ") == true)
        }
    }

    @Test("a credential helper is asked, told and made to forget")
    func helper() throws {
        try withFolder { folder in
            let script = """
                #!/bin/sh
                case $1 in
                get) read -r s; [ -f \(folder)/kept ] || { echo 'credentials not found in native keychain'; exit 1; }; cat \(folder)/kept;;
                store) cat > \(folder)/kept;;
                erase) rm -f \(folder)/kept;;
                esac
                """
            let name = "test\(UUID().uuidString.prefix(8))"
            let program = folder + "/bin/docker-credential-\(name)"
            try write(script, program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            setenv("PATH", folder + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"), 1)
            var config = DockerConfig(folder: folder, json: ["credsStore": .string(name)])
            #expect(try config.credentials(for: "r.example") == nil)
            let ann = RegistryCredentials(username: "ann", password: "pw", serverAddress: "r.example")
            #expect(try config.store(ann) == .helper(name))
            #expect(try config.credentials(for: "r.example") == ann)
            let text = try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
            #expect(!text.contains("cHc") && text.contains("\"r.example\": {}"))
            var token = ann
            (token.username, token.password, token.identityToken) = ("", "", "tok")
            _ = try config.store(token)
            #expect(try config.credentials(for: "r.example") == token)
            #expect(try config.erase("r.example"))
            #expect(try config.credentials(for: "r.example") == nil)
        }
    }

    @Test("a helper that isn't installed is named")
    func missingHelper() throws {
        let config = DockerConfig(folder: "/nowhere", json: ["credHelpers": ["r.example": "surely-not-there"]])
        let error = #expect(throws: Fault.self) { try config.credentials(for: "r.example") }
        #expect(
            error?.message.contains("\"docker-credential-surely-not-there\": executable file not found in $PATH")
                == true)
        #expect(try config.credentials(for: "other.example") == nil)
    }

    @Test("the header is URL-safe base64 of the document")
    func header() throws {
        let credentials = RegistryCredentials(username: "ann", password: "??>>", serverAddress: "r")
        let header = credentials.header
        #expect(!header.contains("+") && !header.contains("/"))
        #expect(try JSON(parsing: decodeBase64(header) ?? []) == credentials.json)
    }
}
