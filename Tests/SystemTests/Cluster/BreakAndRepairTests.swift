import Foundation
import TestKit
import Testing

extension OnACluster {
    /// Containers that don't run: what people see, what `hako why` says, and that the change it suggests repairs it.
    @Suite("a container is broken and repaired", .serialized)
    struct BrokenContainers {
        @Test("an image's tag that doesn't exist")
        func wrongTag() async throws {
            let space = try await OnACluster.space()
            let words = try space.statusWords("web")
            defer { words.end() }
            try await space.ok("create deployment web --image=nginx:nope")
            try await space.until("web", shows: "0/1", "ImagePullBackOff")
            #expect(words.came("ContainerCreating", "ErrImagePull", "ImagePullBackOff"), "\(words.all)")
            for event in [
                "Normal Scheduled Successfully assigned \(space.name)/web-<any> to minikube<any>",
                "Normal Pulling Pulling image \"nginx:nope\"",
                "Warning Failed Failed to pull image \"nginx:nope\": <any>manifest unknown<any>",
                "Warning Failed Error: ErrImagePull", "Normal BackOff Back-off pulling image \"nginx:nope\"",
                "Warning Failed Error: ImagePullBackOff",
            ] {
                try await space.tells("Pod/web-", event)
            }
            let waiting = try await space.ok(
                "get pods -o jsonpath='{.items[0].status.containerStatuses[0].state.waiting.message}'")
            #expect(
                waiting.hasPrefix("Back-off pulling image \"nginx:nope\": ErrImagePull: "), "\(waiting)")
            let fix = try await space.expectWhy(
                "deployment/web",
                """
                deployment/web has 0 of 1 pods available. pod/web-<any> isn't Running: the image nginx:nope of its \
                container nginx can't be pulled: the registry has no such image or tag (ImagePullBackOff). This node \
                has nginx:latest, which may be meant.

                    kubectl set image deployment/web nginx=nginx:latest -n \(space.name)
                """)
            try await space.run(fix)
            try await space.until("web", shows: "1/1", "Running")
            try await space.expectWhy(
                "deployment/web", "deployment/web has all it wants: 1 of 1 pods available, all up to date.",
                isWell: true)
        }

        @Test("a key that a config map lacks, in a rollout without surge")
        func missingKey() async throws {
            let space = try await OnACluster.space()
            try await space.ok("create configmap settings --from-literal=PORT=8080")
            func manifest(_ key: String) -> String {
                Manifest.deployment(
                    "cfg", replicas: 2,
                    container: "env: [{name: PORT, valueFrom: {configMapKeyRef: {name: settings, key: \(key)}}}]",
                    spec: "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}")
            }
            try await space.apply(manifest("PORT"))
            try await space.until("cfg", shows: "1/1", "Running", count: 2)
            try await space.apply(manifest("TIMEOUT"))
            try await space.until("cfg", shows: "0/1", "CreateContainerConfigError")
            try await space.tells(
                "Pod/cfg-", "Warning Failed Error: couldn't find key TIMEOUT in ConfigMap \(space.name)/settings")
            #expect(try await space.table("cfg").filter { $0[1] == "Running" }.count == 1)
            let status = try await space.kubectl("rollout status deployment/cfg --timeout=1s")
            #expect(status.status == 1)
            // Once for each change of the deployment that is seen meanwhile.
            #expect(
                Set(status.out.split(separator: "\n")) == [
                    "Waiting for deployment \"cfg\" rollout to finish: 1 out of 2 new replicas have been updated..."
                ])
            #expect(status.err == "error: timed out waiting for the condition\n")
            let undo = try await space.expectWhy(
                "deployment/cfg",
                """
                the rollout of deployment/cfg is stuck: 1 of 2 pods are new, 1 still of before. pod/cfg-<any> isn't \
                Running: its container c takes the key TIMEOUT of configmap/settings, which has only PORT. Go back to \
                the revision that runs, or: Add it.

                    kubectl rollout undo deployment/cfg -n \(space.name)
                """)
            #expect(!undo.isEmpty)
            let pod = try await space.pods("cfg").last ?? ""
            let add = try await space.expectWhy(
                "pod/\(pod)",
                """
                pod/\(pod) isn't Running: its container c takes the key TIMEOUT of configmap/settings, which has only \
                PORT. Add it.

                    kubectl patch configmap settings -n \(space.name) --type=merge -p '{"data":{"TIMEOUT":"VALUE"}}'
                """)
            try await space.run(add)
            try await space.ok("rollout status deployment/cfg --timeout=60s", seconds: 70)
            #expect(
                try await space.ok("exec deployment/cfg -- sh -c 'echo $PORT'") == "VALUE")
        }

        @Test("a liveness probe that fails")
        func liveness() async throws {
            let space = try await OnACluster.space()
            let words = try space.statusWords("live")
            defer { words.end() }
            try await space.apply(
                Manifest.deployment(
                    "live", command: Manifest.webServer,
                    container:
                        "livenessProbe: {httpGet: {path: /healthz, port: 80}, periodSeconds: 1, failureThreshold: 2}"
                ))
            try await space.until("live", shows: "0/1", "CrashLoopBackOff")
            #expect(words.came("ContainerCreating", "Running", "CrashLoopBackOff"), "\(words.all)")
            let pod = try await space.pods("live")[0]
            for event in [
                "Warning Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 404",
                "Normal Killing Container c failed liveness probe, will be restarted",
                "Warning BackOff Back-off restarting failed container c in pod \(pod)_\(space.name)(<any>)",
            ] {
                try await space.tells("Pod/\(pod)", event)
            }
            let restarts = Int(try await space.table("live")[0][2]) ?? 0
            #expect((1...3).contains(restarts), "not more often than the pauses allow: \(restarts)")
            try await space.expectWhy(
                "pod/\(pod)",
                """
                pod/\(pod) isn't Ready: its container c is killed because its liveness probe fails: HTTP probe failed \
                with statuscode: 404, restarted <any>. Make the program answer it, or give the probe more time or \
                another question.

                    kubectl logs \(pod) -c c -n \(space.name)
                """)
            try await space.ok(
                "patch deployment live --type=json -p '"
                    + #"[{"op":"replace","path":"/spec/template/spec/containers/0/livenessProbe/httpGet/path","value":"/"}]'"#
            )
            try await space.ok("rollout status deployment/live --timeout=60s", seconds: 70)
            #expect(try await space.table("live").contains(["1/1", "Running", "0"]))
        }

        @Test("more memory than the limit")
        func outOfMemory() async throws {
            let space = try await OnACluster.space()
            let words = try space.statusWords("oom")
            defer { words.end() }
            try await space.apply(
                Manifest.deployment(
                    "oom",
                    command: #"exec awk 'BEGIN { s = sprintf(\"%30000000s\", \"x\"); system(\"sleep 100000\") }'"#,
                    container: "resources: {limits: {memory: 16Mi}}"))
            try await space.until("oom", shows: "0/1", "CrashLoopBackOff")
            // On a busy machine the end and the wait for the next start are told in one.
            #expect(
                words.came("OOMKilled", "CrashLoopBackOff") || words.came("Running", "CrashLoopBackOff"),
                "\(words.all)")
            let ended = try await space.ok(
                "get pods -o jsonpath='{.items[0].status.containerStatuses[0].lastState.terminated.reason} "
                    + "{.items[0].status.containerStatuses[0].lastState.terminated.exitCode}'")
            #expect(ended == "OOMKilled 137")
            let pod = try await space.pods("oom")[0]
            var fix = try await space.expectWhy(
                "pod/\(pod)",
                """
                pod/\(pod) isn't Ready: its container c was killed (OOMKilled) because it needs more memory than its \
                limit of 16Mi, restarted <any>. Raise it. If it grows without end at any limit, the program leaks.

                    kubectl set resources deployment/oom -c c --limits=memory=32Mi -n \(space.name)
                """)
            fix = fix.replacing("32Mi", with: "256Mi")
            try await space.run(fix)
            try await space.ok("rollout status deployment/oom --timeout=60s", seconds: 70)
        }

        @Test("a rollout to a broken image, and back")
        func brokenRollout() async throws {
            let space = try await OnACluster.space()
            try await space.apply(Manifest.deployment("roll", replicas: 3))
            try await space.ok("rollout status deployment/roll --timeout=60s", seconds: 70)
            #expect(
                try await space.ok("set image deployment/roll c=busybox:broken") == "deployment.apps/roll image updated"
            )
            try await space.until("roll", shows: "0/1", "ImagePullBackOff")
            #expect(try await space.table("roll").filter { $0[1] == "Running" }.count == 3)
            #expect(
                try await space.ok("get deployment roll --no-headers | awk '{print $2, $3, $4}'") == "3/3 1 3")
            let fix = try await space.expectWhy(
                "deployment/roll",
                """
                the rollout of deployment/roll is stuck: 1 of 3 pods are new, 3 still of before. pod/roll-<any> isn't \
                Running: the image busybox:broken of its container c can't be pulled: the registry has no such image \
                or tag (ImagePullBackOff). Go back to the revision that runs, or: It was busybox before this change: \
                go back, or name a tag that exists.

                    kubectl rollout undo deployment/roll -n \(space.name)
                """)
            let before = try await space.pods("roll")
            try await space.run(fix)
            try await space.ok("rollout status deployment/roll --timeout=60s", seconds: 70)
            try await until("the broken pod is gone") { try await space.pods("roll").count == 3 }
            #expect(Set(before).isSuperset(of: try await space.pods("roll")), "those that ran run on")
            #expect(
                try await space.ok("rollout history deployment/roll")
                    == "deployment.apps/roll \nREVISION  CHANGE-CAUSE\n2         <none>\n3         <none>\n")
            try await space.tells(
                "Deployment/roll", "Normal ScalingReplicaSet Scaled down replica set roll-<any> from 1 to 0")
        }
    }
}
