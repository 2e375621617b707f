// What each file says, and what is to be said about it. The sentences are the original's, with the place in front.
extension CorpusTests {
    enum Corpus {
        static let cases: [Case] = first + second
        private static let first: [Case] = [
            Case("empty", "", "compose.yaml: empty compose file"),
            Case("only a comment", "# nothing\n", "compose.yaml: empty compose file"),
            Case("a list at the top", "- a\n- b\n", "compose.yaml:1: top-level object must be a mapping"),
            Case("a scalar at the top", "hello\n", "compose.yaml:1: top-level object must be a mapping"),
            Case(
                "tab for indent", "services:\n\tweb:\n\t\timage: x\n",
                "compose.yaml:2: yaml: found character that cannot start any token"),
            Case(
                "unclosed quote", "services:\n  web:\n    image: \"nginx\n",
                "compose.yaml:4: yaml: found unexpected end of stream"),
            Case(
                "unclosed flow list", "services:\n  web:\n    image: nginx\n    command: [a, b\n",
                "compose.yaml:5: yaml: did not find expected ',' or ']'"),
            Case(
                "unclosed flow map", "services: {web: {image: nginx}\n",
                "compose.yaml:2: yaml: did not find expected ',' or '}'"),
            Case(
                "mapping value in value", "services:\n  web:\n    image: a: b\n",
                "compose.yaml:3: yaml: mapping values are not allowed in this context"),
            Case(
                "undefined alias", "services:\n  web: *nope\n", "compose.yaml:2: yaml: unknown anchor 'nope' referenced"
            ),
            Case(
                "duplicate key", "services:\n  web:\n    image: a\n    image: b\n",
                "compose.yaml:4: mapping key \"image\" already defined at line 3"),
            Case(
                "duplicate service", "services:\n  web:\n    image: a\n  web:\n    image: b\n",
                "compose.yaml:4: mapping key \"web\" already defined at line 2"),
            Case(
                "bad indentation", "services:\n  web:\n    image: nginx\n   command: x\n",
                "compose.yaml:4: yaml: did not find expected key"),
            Case(
                "missing colon", "services:\n  web:\n    image nginx\n    command: x\n",
                "compose.yaml:4: yaml: mapping values are not allowed in this context"),
            Case(
                "merge of a scalar", "services:\n  web:\n    <<: text\n    image: a\n",
                "compose.yaml:3: yaml: map merge requires map or sequence of maps as the value"),
            Case(
                "alias to itself", "services:\n  web: &w\n    image: a\n    labels: *w\n",
                "compose.yaml:4: cycle detected: anchor 'w' value contains itself"),
            Case(
                "bad escape", "services:\n  web:\n    image: \"\\q\"\n",
                "compose.yaml:3: yaml: found unknown escape character"),
            Case(
                "control character", "services:\n  web:\n    image: \"a\u{1}b\"\n",
                "compose.yaml:3: yaml: control characters are not allowed"),
            Case(
                "bad directive", "%YAML 9\nservices: {}\n",
                "compose.yaml:1: yaml: did not find expected digit or '.' character"),
            Case(
                "reserved at sign", "services:\n  web:\n    image: @foo\n",
                "compose.yaml:3: yaml: found character that cannot start any token"),
            Case(
                "backquote", "services:\n  web:\n    image: `foo`\n",
                "compose.yaml:3: yaml: found character that cannot start any token"),
            Case(
                "key without value indent", "services:\nweb:\n  image: nginx\n",
                "compose.yaml:1: services must be a mapping"),
            Case(
                "unknown top key", "services:\n  web:\n    image: nginx\nfoo: bar\n",
                "compose.yaml:4: additional properties 'foo' not allowed"),
            Case("services a list", "services:\n  - web\n", "compose.yaml:2: services must be a mapping"),
            Case("services a string", "services: web\n", "compose.yaml:1: services must be a mapping"),
            Case(
                "no services, volumes a list", "volumes:\n  - data\nservices:\n  web:\n    image: nginx\n",
                "compose.yaml:1: volumes must be a mapping"),
            Case(
                "networks a string", "services:\n  web:\n    image: nginx\nnetworks: front\n",
                "compose.yaml:4: networks must be a mapping"),
            Case("service a string", "services:\n  web: nginx\n", "compose.yaml:2: services.web must be a mapping"),
            Case("service a list", "services:\n  web: [nginx]\n", "compose.yaml:2: services.web must be a mapping"),
            Case("service null", "services:\n  web:\n", "compose.yaml:2: services.web must be a mapping"),
            Case(
                "service with bad name", "services:\n  we b:\n    image: nginx\n",
                "compose.yaml:2: services additional properties 'we b' not allowed"),
            Case(
                "service name with slash", "services:\n  a/b:\n    image: nginx\n",
                "compose.yaml:2: services additional properties 'a/b' not allowed"),
            Case(
                "name a list", "name: [a]\nservices:\n  web:\n    image: nginx\n",
                "compose.yaml:1: name must be a string"),
            Case(
                "version a number", "version: 3\nservices:\n  web:\n    image: nginx\n",
                "compose.yaml:1: version must be a string"),
            Case(
                "no image or build", "services:\n  web:\n    command: x\n",
                "compose.yaml:2: service \"web\" has neither an image nor a build context specified: invalid compose project"
            ),
            Case(
                "unknown key", "services:\n  web:\n    image: nginx\n    foo: bar\n",
                "compose.yaml:4: services.web additional properties 'foo' not allowed"),
            Case(
                "misspelt key", "services:\n  web:\n    image: nginx\n    enviroment:\n      A: b\n",
                "compose.yaml:4: services.web additional properties 'enviroment' not allowed"),
            Case(
                "image a number", "services:\n  web:\n    image: nginx\n    foo: 1\n",
                "compose.yaml:4: services.web additional properties 'foo' not allowed"),
            Case(
                "image a list", "services:\n  web:\n    image: [a, b]\n",
                "compose.yaml:3: services.web.image must be a string"),
            Case(
                "image a map", "services:\n  web:\n    image:\n      name: x\n",
                "compose.yaml:3: services.web.image must be a string"),
            Case(
                "image a number", "services:\n  web:\n    image: 12\n",
                "compose.yaml:3: services.web.image must be a string"),
            Case(
                "image bool", "services:\n  web:\n    image: true\n",
                "compose.yaml:3: services.web.image must be a string"),
            Case(
                "command a map", "services:\n  web:\n    image: nginx\n    command:\n      a: b\n",
                "compose.yaml:4: services.web.command must be a null"),
            Case(
                "command a number", "services:\n  web:\n    image: nginx\n    command: 3\n",
                "compose.yaml:4: services.web.command must be a null"),
            Case(
                "command list of maps", "services:\n  web:\n    image: nginx\n    command:\n      - a: b\n",
                "compose.yaml:5: services.web.command.0 must be a string"),
            Case(
                "ports a string", "services:\n  web:\n    image: nginx\n    ports: \"80:80\"\n",
                "compose.yaml:4: services.web.ports must be a array"),
            Case(
                "ports a map", "services:\n  web:\n    image: nginx\n    ports:\n      80: 80\n",
                "compose.yaml:5: non-string key in services.web.ports: 80"),
            Case(
                "port word", "services:\n  web:\n    image: nginx\n    ports:\n      - \"foo\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid containerPort: foo"),
            Case(
                "port out of range", "services:\n  web:\n    image: nginx\n    ports:\n      - \"70000:80\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid hostPort: 70000"),
            Case(
                "port container out of range",
                "services:\n  web:\n    image: nginx\n    ports:\n      - \"80:99999\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid containerPort: 99999"),
            Case(
                "port range mismatch", "services:\n  web:\n    image: nginx\n    ports:\n      - \"80-82:80-81\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid ranges specified for container and host Ports: 80-81 and 80-82"
            ),
            Case(
                "port bad ip", "services:\n  web:\n    image: nginx\n    ports:\n      - \"300.1.1.1:80:80\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid IP address: 300.1.1.1"),
            Case(
                "port bad protocol", "services:\n  web:\n    image: nginx\n    ports:\n      - \"80:80/foo\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid proto: foo"),
            Case(
                "port too many colons", "services:\n  web:\n    image: nginx\n    ports:\n      - \"1:2:3:4\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid IP address: 1:2"),
            Case(
                "port long unknown key",
                "services:\n  web:\n    image: nginx\n    ports:\n      - target: 80\n        foo: 1\n",
                "compose.yaml:6: services.web.ports.0 additional properties 'foo' not allowed"),
            Case(
                "port long no target", "services:\n  web:\n    image: nginx\n    ports:\n      - published: 80\n",
                "compose.yaml:5: service ports services.web.ports[0] is missing a target port"),
            Case(
                "port long bad ip",
                "services:\n  web:\n    image: nginx\n    ports:\n      - target: 80\n        host_ip: nope\n",
                "compose.yaml:6: services.web.ports[0]: invalid ip address: nope"),
            Case(
                "port list in list", "services:\n  web:\n    image: nginx\n    ports:\n      - [80]\n",
                "compose.yaml:5: services.web.ports.0 must be a number"),
            Case(
                "port empty", "services:\n  web:\n    image: nginx\n    ports:\n      - \"\"\n",
                "compose.yaml:5: services.web.ports[0]: invalid proto: "),
            Case(
                "volume empty", "services:\n  web:\n    image: nginx\n    volumes:\n      - \"\"\n",
                "compose.yaml:5: services.web.volumes[0]: invalid empty volume spec"),
            Case(
                "volume too many colons", "services:\n  web:\n    image: nginx\n    volumes:\n      - \"a:/b:ro:x\"\n",
                "compose.yaml:5: services.web.volumes[0]: invalid spec: a:/b:ro:x: too many colons"),
            Case(
                "volume empty section", "services:\n  web:\n    image: nginx\n    volumes:\n      - \"a::ro\"\n",
                "compose.yaml:5: services.web.volumes[0]: invalid spec: a::ro: empty section between colons"),
            Case(
                "volume undefined", "services:\n  web:\n    image: nginx\n    volumes:\n      - data:/data\n",
                "compose.yaml:5: service \"web\" refers to undefined volume data: invalid compose project"),
            Case(
                "volume long no type",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - source: a\n        target: /b\n",
                "compose.yaml:5: services.web.volumes.0 must be a string"),
            Case(
                "volume long bad type",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - type: foo\n        source: a\n        target: /b\n",
                "compose.yaml:5: services.web.volumes.0.type value must be one of 'bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'"
            ),
            Case(
                "volume long unknown key",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - type: bind\n        source: ./a\n        target: /b\n        foo: x\n",
                "compose.yaml:8: services.web.volumes.0 additional properties 'foo' not allowed"),
            Case(
                "volume bind without source",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - type: bind\n        target: /b\n",
                "compose.yaml:5: services.web.volumes[0]: invalid mount config for type \"bind\": field Source must not be empty"
            ),
            Case(
                "volume bind unknown option",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - type: bind\n        source: ./a\n        target: /b\n        bind:\n          foo: 1\n",
                "compose.yaml:9: services.web.volumes.0.bind additional properties 'foo' not allowed"),
            Case(
                "volume tmpfs bad size",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - type: tmpfs\n        target: /b\n        tmpfs:\n          size: -1\n",
                "compose.yaml:8: services.web.volumes.0.tmpfs.size must be greater than or equal to 0"),
            Case(
                "volumes a string", "services:\n  web:\n    image: nginx\n    volumes: a:/b\n",
                "compose.yaml:4: services.web.volumes must be a array"),
            Case(
                "volume a number", "services:\n  web:\n    image: nginx\n    volumes:\n      - 5\n",
                "compose.yaml:5: services.web.volumes.0 must be a string"),
            Case(
                "two mounts one target",
                "services:\n  web:\n    image: nginx\n    volumes:\n      - /a:/x\n    tmpfs: /x\n",
                "compose.yaml:5: services.web.volumes[0]: target /x already mounted as services.web.tmpfs[0]"),
            Case(
                "network undefined", "services:\n  web:\n    image: nginx\n    networks:\n      - front\n",
                "compose.yaml:5: service \"web\" refers to undefined network front: invalid compose project"),
            Case(
                "networks a string", "services:\n  web:\n    image: nginx\n    networks: front\n",
                "compose.yaml:4: services.web.networks must be a array"),
            Case(
                "network unknown option",
                "services:\n  web:\n    image: nginx\n    networks:\n      default:\n        foo: bar\n",
                "compose.yaml:6: services.web.networks.default additional properties 'foo' not allowed"),
            Case(
                "network mode and networks",
                "services:\n  web:\n    image: nginx\n    network_mode: host\n    networks: [default]\n",
                "compose.yaml:4: service web declares mutually exclusive `network_mode` and `networks`: invalid compose project"
            ),
            Case(
                "network mode of missing service",
                "services:\n  web:\n    image: nginx\n    network_mode: service:db\n",
                "compose.yaml:4: service \"web\" depends on undefined service \"db\": invalid compose project"),
            Case(
                "depends on undefined", "services:\n  web:\n    image: nginx\n    depends_on:\n      - db\n",
                "compose.yaml:5: service \"web\" depends on undefined service \"db\": invalid compose project"),
            Case(
                "depends on itself", "services:\n  web:\n    image: nginx\n    depends_on:\n      - web\n",
                "compose.yaml:5: dependency cycle detected: web -> web"),
            Case(
                "depends_on a string", "services:\n  web:\n    image: nginx\n    depends_on: db\n",
                "compose.yaml:4: services.web.depends_on must be a array"),
            Case(
                "depends_on bad condition",
                "services:\n  web:\n    image: nginx\n    depends_on:\n      web:\n        condition: service_ok\n",
                "compose.yaml:6: services.web.depends_on.web.condition value must be one of 'service_started', 'service_healthy', 'service_completed_successfully'"
            ),
            Case(
                "depends_on no condition",
                "services:\n  web:\n    image: nginx\n    depends_on:\n      web:\n        restart: true\n",
                "compose.yaml:5: services.web.depends_on.web missing property 'condition'"),
            Case(
                "depends_on duplicates", "services:\n  web:\n    image: nginx\n    depends_on: [a, a]\n",
                "compose.yaml:4: services.web.depends_on items at 0 and 1 are equal"),
            Case(
                "cycle of two",
                "services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n    depends_on: [a]\n",
                "compose.yaml:7: dependency cycle detected: a -> b -> a"),
            Case(
                "cycle of three",
                "services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n    depends_on: [c]\n  c:\n    image: x\n    depends_on: [a]\n",
                "compose.yaml:10: dependency cycle detected: a -> b -> c -> a"),
            Case(
                "environment a string", "services:\n  web:\n    image: nginx\n    environment: A=b\n",
                "compose.yaml:4: services.web.environment must be a mapping"),
            Case(
                "environment list of maps", "services:\n  web:\n    image: nginx\n    environment:\n      - A: b\n",
                "compose.yaml:5: services.web.environment[0]: unexpected type mapping"),
            Case(
                "environment nested", "services:\n  web:\n    image: nginx\n    environment:\n      A:\n        b: c\n",
                "compose.yaml:5: services.web.environment.A must be a boolean, null, number or string"),
            Case(
                "env_file missing", "services:\n  web:\n    image: nginx\n    env_file: nope.env\n",
                "compose.yaml:4: env file /w/nope.env not found: open /w/nope.env: no such file or directory"),
            Case(
                "env_file unknown key",
                "services:\n  web:\n    image: nginx\n    env_file:\n      - path: a\n        foo: b\n",
                "compose.yaml:6: services.web.env_file.0 additional properties 'foo' not allowed"),
            Case(
                "env_file no path", "services:\n  web:\n    image: nginx\n    env_file:\n      - required: false\n",
                "compose.yaml:5: environment path attribute services.web.env_file[0] is missing"),
            Case(
                "env_file a number", "services:\n  web:\n    image: nginx\n    env_file: 3\n",
                "compose.yaml:4: services.web.env_file must be a string"),
            Case(
                "healthcheck a string", "services:\n  web:\n    image: nginx\n    healthcheck: curl\n",
                "compose.yaml:4: services.web.healthcheck must be a mapping"),
            Case(
                "healthcheck bad interval",
                "services:\n  web:\n    image: nginx\n    healthcheck:\n      test: x\n      interval: often\n",
                "compose.yaml:6: services.web.healthcheck.interval: time: invalid duration \"often\""),
            Case(
                "healthcheck bad first word",
                "services:\n  web:\n    image: nginx\n    healthcheck:\n      test: [curl, x]\n",
                "compose.yaml:5: healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\""),
            Case(
                "healthcheck unknown key", "services:\n  web:\n    image: nginx\n    healthcheck:\n      tests: x\n",
                "compose.yaml:5: services.web.healthcheck additional properties 'tests' not allowed"),
            Case(
                "healthcheck retries word",
                "services:\n  web:\n    image: nginx\n    healthcheck:\n      test: x\n      retries: many\n",
                "compose.yaml:6: error while interpolating services.web.healthcheck.retries: failed to cast to expected type: strconv.Atoi: parsing \"many\": invalid syntax"
            ),
            Case(
                "restart a number", "services:\n  web:\n    image: nginx\n    restart: 1\n",
                "compose.yaml:4: services.web.restart must be a string"),
            Case(
                "privileged word", "services:\n  web:\n    image: nginx\n    privileged: maybe\n",
                "compose.yaml:4: error while interpolating services.web.privileged: failed to cast to expected type: invalid boolean: maybe"
            ),
            Case(
                "tty a list", "services:\n  web:\n    image: nginx\n    tty: [true]\n",
                "compose.yaml:4: services.web.tty must be a boolean or string"),
            Case(
                "mem_limit word", "services:\n  web:\n    image: nginx\n    mem_limit: lots\n",
                "compose.yaml:4: services.web.mem_limit: invalid size: 'lots'"),
        ]
        private static let second: [Case] = [
            Case(
                "shm_size a list", "services:\n  web:\n    image: nginx\n    shm_size: [1]\n",
                "compose.yaml:4: services.web.shm_size must be a number or string"),
            Case(
                "cpus word", "services:\n  web:\n    image: nginx\n    cpus: two\n",
                "compose.yaml:4: error while interpolating services.web.cpus: failed to cast to expected type: strconv.ParseFloat: parsing \"two\": invalid syntax"
            ),
            Case(
                "ulimits word", "services:\n  web:\n    image: nginx\n    ulimits:\n      nofile: many\n",
                "compose.yaml:5: error while interpolating services.web.ulimits.nofile: failed to cast to expected type: strconv.Atoi: parsing \"many\": invalid syntax"
            ),
            Case(
                "ulimits without hard",
                "services:\n  web:\n    image: nginx\n    ulimits:\n      nofile:\n        soft: 1\n",
                "compose.yaml:5: services.web.ulimits.nofile must be a integer or string"),
            Case(
                "stop_grace_period bad", "services:\n  web:\n    image: nginx\n    stop_grace_period: soon\n",
                "compose.yaml:4: services.web.stop_grace_period: time: invalid duration \"soon\""),
            Case(
                "stop_grace_period number", "services:\n  web:\n    image: nginx\n    stop_grace_period: 10\n",
                "compose.yaml:4: services.web.stop_grace_period must be a string"),
            Case(
                "deploy a list", "services:\n  web:\n    image: nginx\n    deploy: []\n",
                "compose.yaml:4: services.web.deploy must be a mapping or null"),
            Case(
                "deploy unknown key", "services:\n  web:\n    image: nginx\n    deploy:\n      replica: 2\n",
                "compose.yaml:5: services.web.deploy additional properties 'replica' not allowed"),
            Case(
                "deploy replicas word", "services:\n  web:\n    image: nginx\n    deploy:\n      replicas: two\n",
                "compose.yaml:5: error while interpolating services.web.deploy.replicas: failed to cast to expected type: strconv.Atoi: parsing \"two\": invalid syntax"
            ),
            Case(
                "deploy limits unknown",
                "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          mem: 1g\n",
                "compose.yaml:7: services.web.deploy.resources.limits additional properties 'mem' not allowed"),
            Case(
                "deploy memory word",
                "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          memory: lots\n",
                "compose.yaml:7: services.web.deploy.resources.limits.memory: invalid size: 'lots'"),
            Case(
                "deploy memory number",
                "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          memory: 100\n",
                "compose.yaml:7: services.web.deploy.resources.limits.memory must be a string"),
            Case(
                "deploy cpus word",
                "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits:\n          cpus: x\n",
                "compose.yaml:7: services.web.deploy.resources.limits.cpus: strconv.ParseFloat: parsing \"x\": invalid syntax"
            ),
            Case(
                "device without capabilities",
                "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n",
                "compose.yaml:8: services.web.deploy.resources.reservations.devices.0 missing property 'capabilities'"),
            Case(
                "scale and replicas differ",
                "services:\n  web:\n    image: nginx\n    scale: 2\n    deploy:\n      replicas: 3\n",
                "compose.yaml:4: services.web: can't set distinct values on 'scale' and 'deploy.replicas': invalid compose project"
            ),
            Case(
                "scale negative", "services:\n  web:\n    image: nginx\n    scale: -1\n",
                "compose.yaml:4: services.web.scale: must be greater than or equal to 0"),
            Case(
                "container_name and scale",
                "services:\n  web:\n    image: nginx\n    container_name: x\n    scale: 2\n",
                "compose.yaml:4: services.web.container_name 'x' does not match pattern '[a-zA-Z0-9][a-zA-Z0-9_.-]+'"),
            Case(
                "container_name bad", "services:\n  web:\n    image: nginx\n    container_name: '-'\n",
                "compose.yaml:4: services.web.container_name '-' does not match pattern '[a-zA-Z0-9][a-zA-Z0-9_.-]+'"),
            Case(
                "cpus and limits differ",
                "services:\n  web:\n    image: nginx\n    cpus: 1\n    deploy:\n      resources:\n        limits:\n          cpus: '2'\n",
                "compose.yaml:4: services.web: can't set distinct values on 'cpus' and 'deploy.resources.limits.cpus': invalid compose project"
            ),
            Case(
                "config undefined", "services:\n  web:\n    image: nginx\n    configs:\n      - conf\n",
                "compose.yaml:5: service \"web\" refers to undefined config conf: invalid compose project"),
            Case(
                "config unknown key",
                "services:\n  web:\n    image: nginx\n    configs:\n      - source: conf\n        foo: x\n",
                "compose.yaml:6: services.web.configs.0 additional properties 'foo' not allowed"),
            Case(
                "secret undefined", "services:\n  web:\n    image: nginx\n    secrets:\n      - pass\n",
                "compose.yaml:5: service \"web\" refers to undefined secret pass: invalid compose project"),
            Case(
                "secret a number", "services:\n  web:\n    image: nginx\n    secrets:\n      - 7\n",
                "compose.yaml:5: services.web.secrets[0]: unsupported value"),
            Case(
                "secret without source", "services:\n  web:\n    image: nginx\n    secrets: [p]\nsecrets:\n  p: {}\n",
                "compose.yaml:6: secrets.p: one of file|environment must be set"),
            Case(
                "secret with two sources",
                "services:\n  web:\n    image: nginx\n    secrets: [p]\nsecrets:\n  p:\n    file: a\n    environment: B\n",
                "compose.yaml:8: secrets.p: file|environment attributes are mutually exclusive"),
            Case(
                "secret null", "services:\n  web:\n    image: nginx\n    secrets: [p]\nsecrets:\n  p:\n",
                "compose.yaml:6: secrets.p must be a mapping"),
            Case(
                "config with two sources",
                "services:\n  web:\n    image: nginx\nconfigs:\n  c:\n    file: a\n    content: b\n",
                "compose.yaml:7: configs.c: file|environment|content attributes are mutually exclusive"),
            Case(
                "config without source", "services:\n  web:\n    image: nginx\nconfigs:\n  c: {}\n",
                "compose.yaml:5: configs.c: one of file|environment|content must be set"),
            Case(
                "config unknown key", "services:\n  web:\n    image: nginx\nconfigs:\n  c:\n    fil: a\n",
                "compose.yaml:6: configs.c additional properties 'fil' not allowed"),
            Case(
                "network unknown key", "services:\n  web:\n    image: nginx\nnetworks:\n  n:\n    drive: x\n",
                "compose.yaml:6: networks.n additional properties 'drive' not allowed"),
            Case(
                "network ipam a list", "services:\n  web:\n    image: nginx\nnetworks:\n  n:\n    ipam: []\n",
                "compose.yaml:6: networks.n.ipam must be a mapping"),
            Case(
                "network ipam unknown",
                "services:\n  web:\n    image: nginx\nnetworks:\n  n:\n    ipam:\n      config:\n        - subnets: x\n",
                "compose.yaml:8: networks.n.ipam.config.0 additional properties 'subnets' not allowed"),
            Case(
                "network internal word",
                "services:\n  web:\n    image: nginx\nnetworks:\n  n:\n    internal: perhaps\n",
                "compose.yaml:6: error while interpolating networks.n.internal: failed to cast to expected type: invalid boolean: perhaps"
            ),
            Case(
                "volume unknown key", "services:\n  web:\n    image: nginx\nvolumes:\n  v:\n    drive: local\n",
                "compose.yaml:6: volumes.v additional properties 'drive' not allowed"),
            Case(
                "volume external with driver",
                "services:\n  web:\n    image: nginx\nvolumes:\n  v:\n    external: true\n    driver: local\n",
                "compose.yaml:7: volumes.v: conflicting parameters \"external\" and \"driver\" specified"),
            Case(
                "volume external word", "services:\n  web:\n    image: nginx\nvolumes:\n  v:\n    external: perhaps\n",
                "compose.yaml:6: error while interpolating volumes.v.external: failed to cast to expected type: invalid boolean: perhaps"
            ),
            Case(
                "volume a string", "services:\n  web:\n    image: nginx\nvolumes:\n  v: x\n",
                "compose.yaml:5: volumes.v must be a mapping or null"),
            Case(
                "volume driver_opts list",
                "services:\n  web:\n    image: nginx\nvolumes:\n  v:\n    driver_opts: [a]\n",
                "compose.yaml:6: volumes.v.driver_opts must be a mapping"),
            Case(
                "build a list", "services:\n  web:\n    build: [a]\n",
                "compose.yaml:3: services.web.build must be a string"),
            Case(
                "build unknown key", "services:\n  web:\n    build:\n      contxt: .\n",
                "compose.yaml:4: services.web.build additional properties 'contxt' not allowed"),
            Case(
                "build args nested", "services:\n  web:\n    build:\n      args:\n        A: {b: c}\n",
                "compose.yaml:5: services.web.build.args.A must be a boolean, null, number or string"),
            Case(
                "dockerfile twice",
                "services:\n  web:\n    build:\n      dockerfile: a\n      dockerfile_inline: FROM x\n",
                "compose.yaml:5: service \"web\" declares mutualy exclusive dockerfile and dockerfile_inline: invalid compose project"
            ),
            Case(
                "build secret undefined", "services:\n  web:\n    build:\n      context: .\n      secrets: [s]\n",
                "compose.yaml:5: service \"web\" refers to undefined build secret s: invalid compose project"),
            Case(
                "build context of unknown service",
                "services:\n  web:\n    build:\n      context: .\n      additional_contexts:\n        b: service:base\n",
                "compose.yaml:6: service \"web\" declares unknown service \"base\" as additional contexts b"),
            Case(
                "platform not among platforms",
                "services:\n  web:\n    platform: linux/amd64\n    build:\n      context: .\n      platforms: [linux/arm64]\n",
                "compose.yaml:6: service.build.platforms MUST include service.platform \"linux/amd64\": invalid compose project"
            ),
            Case(
                "interpolation unclosed", "services:\n  web:\n    image: nginx\n    command: ${A\n",
                "compose.yaml:4: invalid interpolation format for services.web.command.\nYou may need to escape any $ with another $.\n${A"
            ),
            Case(
                "interpolation bad name", "services:\n  web:\n    image: nginx\n    command: ${1A}\n",
                "compose.yaml:4: invalid interpolation format for services.web.command.\nYou may need to escape any $ with another $.\n${1A}"
            ),
            Case(
                "interpolation empty", "services:\n  web:\n    image: nginx\n    command: ${}\n",
                "compose.yaml:4: invalid interpolation format for services.web.command.\nYou may need to escape any $ with another $.\n${}"
            ),
            Case(
                "required variable", "services:\n  web:\n    image: nginx\n    command: ${NOPE:?set NOPE please}\n",
                "compose.yaml:4: error while interpolating services.web.command: required variable NOPE is missing a value: set NOPE please"
            ),
            Case(
                "required variable no text", "services:\n  web:\n    image: nginx\n    command: ${NOPE?}\n",
                "compose.yaml:4: error while interpolating services.web.command: required variable NOPE is missing a value"
            ),
            Case(
                "interpolated bool bad", "services:\n  web:\n    image: nginx\n    privileged: ${X:-maybe}\n",
                "compose.yaml:4: error while interpolating services.web.privileged: failed to cast to expected type: invalid boolean: maybe"
            ),
            Case(
                "interpolated int bad", "services:\n  web:\n    image: nginx\n    scale: ${X:-two}\n",
                "compose.yaml:4: error while interpolating services.web.scale: failed to cast to expected type: strconv.Atoi: parsing \"two\": invalid syntax"
            ),
            Case(
                "extends missing service", "services:\n  web:\n    image: nginx\n    extends: base\n",
                "compose.yaml:4: cannot extend service \"web\" in compose.yaml: service \"base\" not found"),
            Case(
                "extends missing file",
                "services:\n  web:\n    image: nginx\n    extends:\n      file: nope.yaml\n      service: base\n",
                "compose.yaml:5: open /w/nope.yaml: no such file or directory"),
            Case(
                "extends no service", "services:\n  web:\n    image: nginx\n    extends:\n      file: nope.yaml\n",
                "compose.yaml:5: extends.web.service is required"),
            Case(
                "extends unknown key",
                "services:\n  web:\n    image: nginx\n    extends:\n      service: base\n      foo: x\n",
                "compose.yaml:5: cannot extend service \"web\" in compose.yaml: service \"base\" not found"),
            Case(
                "extends cycle", "services:\n  a:\n    image: x\n    extends: b\n  b:\n    image: x\n    extends: a\n",
                "compose.yaml:4: Circular reference:\n  a in compose.yaml\n  extends b in compose.yaml\n  extends a in compose.yaml"
            ),
            Case(
                "extends itself", "services:\n  web:\n    image: nginx\n    extends: web\n",
                "compose.yaml:4: Circular reference:\n  web in compose.yaml\n  extends web in compose.yaml"),
            Case(
                "include a string", "include: x.yaml\nservices:\n  web:\n    image: nginx\n",
                "compose.yaml:1: `include` must be a list, got x.yaml"),
            Case(
                "include missing", "include:\n  - nope.yaml\nservices:\n  web:\n    image: nginx\n",
                "compose.yaml:2: open /w/nope.yaml: no such file or directory"),
            Case(
                "include unknown key", "include:\n  - paths: nope.yaml\nservices:\n  web:\n    image: nginx\n",
                "compose.yaml:2: include additional properties 'paths' not allowed"),
            Case(
                "develop unknown action",
                "services:\n  web:\n    image: nginx\n    develop:\n      watch:\n        - path: .\n          action: copy\n          target: /x\n",
                "compose.yaml:7: services.web.develop.watch.0.action value must be one of 'rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec'"
            ),
            Case(
                "develop no action",
                "services:\n  web:\n    image: nginx\n    develop:\n      watch:\n        - path: .\n",
                "compose.yaml:6: services.web.develop.watch.0 missing property 'action'"),
            Case(
                "develop sync without target",
                "services:\n  web:\n    image: nginx\n    develop:\n      watch:\n        - path: .\n          action: sync\n",
                "compose.yaml:6: services.web.develop.watch: target is required for non-rebuild actions: invalid compose project"
            ),
            Case(
                "develop blank path",
                "services:\n  web:\n    image: nginx\n    develop:\n      watch:\n        - path: ''\n          action: rebuild\n",
                "compose.yaml:6: services.web.develop.watch[0].path: value can't be blank"),
            Case(
                "develop a list", "services:\n  web:\n    image: nginx\n    develop: []\n",
                "compose.yaml:4: services.web.develop must be a mapping or null"),
            Case(
                "profiles a string", "services:\n  web:\n    image: nginx\n    profiles: dev\n",
                "compose.yaml:4: services.web.profiles must be a array"),
            Case(
                "labels nested", "services:\n  web:\n    image: nginx\n    labels:\n      a: [b]\n",
                "compose.yaml:5: services.web.labels.a must be a boolean, null, number or string"),
            Case(
                "labels number", "services:\n  web:\n    image: nginx\n    labels: 3\n",
                "compose.yaml:4: services.web.labels must be a mapping"),
            Case(
                "extra_hosts bad", "services:\n  web:\n    image: nginx\n    extra_hosts:\n      - nohost\n",
                "compose.yaml:5: services.web.extra_hosts: invalid additional host, missing IP: nohost"),
            Case(
                "dns a map", "services:\n  web:\n    image: nginx\n    dns:\n      a: b\n",
                "compose.yaml:4: services.web.dns must be a string"),
            Case(
                "cap_add a string", "services:\n  web:\n    image: nginx\n    cap_add: ALL\n",
                "compose.yaml:4: services.web.cap_add must be a array"),
            Case(
                "devices too many", "services:\n  web:\n    image: nginx\n    devices:\n      - /dev/a:/dev/b:rwm:x\n",
                "compose.yaml:5: services.web.devices[0]: confusing device mapping, please use long syntax: /dev/a:/dev/b:rwm:x"
            ),
            Case(
                "devices unknown key", "services:\n  web:\n    image: nginx\n    devices:\n      - sorce: a\n",
                "compose.yaml:5: service device services.web.devices[0] is missing a mount target"),
            Case(
                "logging unknown key", "services:\n  web:\n    image: nginx\n    logging:\n      drivers: x\n",
                "compose.yaml:5: services.web.logging additional properties 'drivers' not allowed"),
            Case(
                "logging options nested",
                "services:\n  web:\n    image: nginx\n    logging:\n      options:\n        a: [b]\n",
                "compose.yaml:6: services.web.logging.options.a must be a null, number or string"),
            Case(
                "sysctls number", "services:\n  web:\n    image: nginx\n    sysctls: 3\n",
                "compose.yaml:4: services.web.sysctls must be a mapping"),
            Case(
                "tmpfs a map", "services:\n  web:\n    image: nginx\n    tmpfs:\n      a: b\n",
                "compose.yaml:4: services.web.tmpfs must be a string"),
            Case(
                "expose a map", "services:\n  web:\n    image: nginx\n    expose:\n      - a: b\n",
                "compose.yaml:5: services.web.expose[0]: unsupported expose value"),
            Case(
                "expose a string", "services:\n  web:\n    image: nginx\n    expose: '80'\n",
                "compose.yaml:4: services.web.expose must be a array"),
            Case(
                "pull_policy bad", "services:\n  web:\n    image: nginx\n    pull_policy: sometimes\n",
                "compose.yaml:4: services.web.pull_policy 'sometimes' does not match pattern 'always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+'"
            ),
            Case(
                "oom_score_adj out of range", "services:\n  web:\n    image: nginx\n    oom_score_adj: 2000\n",
                "compose.yaml:4: services.web.oom_score_adj must be a string"),
            Case(
                "cgroup bad", "services:\n  web:\n    image: nginx\n    cgroup: other\n",
                "compose.yaml:4: services.web.cgroup value must be one of 'host', 'private'"),
            Case(
                "pids limit word", "services:\n  web:\n    image: nginx\n    pids_limit: many\n",
                "compose.yaml:4: error while interpolating services.web.pids_limit: failed to cast to expected type: strconv.ParseInt: parsing \"many\": invalid syntax"
            ),
            Case(
                "links a string", "services:\n  web:\n    image: nginx\n    links: db\n",
                "compose.yaml:4: services.web.links must be a array"),
            Case(
                "post_start without command",
                "services:\n  web:\n    image: nginx\n    post_start:\n      - user: root\n",
                "compose.yaml:5: services.web.post_start.0 missing property 'command'"),
            Case(
                "pre_stop a map", "services:\n  web:\n    image: nginx\n    pre_stop:\n      command: x\n",
                "compose.yaml:4: services.web.pre_stop must be a array"),
            Case(
                "gpus word", "services:\n  web:\n    image: nginx\n    gpus: some\n",
                "compose.yaml:4: services.web.gpus value must be 'all'"),
            Case(
                "init word", "services:\n  web:\n    image: nginx\n    init: perhaps\n",
                "compose.yaml:4: error while interpolating services.web.init: failed to cast to expected type: invalid boolean: perhaps"
            ),
            Case(
                "blkio bad", "services:\n  web:\n    image: nginx\n    blkio_config:\n      weights: 3\n",
                "compose.yaml:5: services.web.blkio_config additional properties 'weights' not allowed"),
            Case(
                "attach list", "services:\n  web:\n    image: nginx\n    attach: [a]\n",
                "compose.yaml:4: services.web.attach must be a boolean or string"),
            Case(
                "annotations number", "services:\n  web:\n    image: nginx\n    annotations: 3\n",
                "compose.yaml:4: services.web.annotations must be a mapping"),
            Case(
                "working_dir number", "services:\n  web:\n    image: nginx\n    working_dir: 3\n",
                "compose.yaml:4: services.web.working_dir must be a string"),
            Case(
                "user number", "services:\n  web:\n    image: nginx\n    user: 1000\n",
                "compose.yaml:4: services.web.user must be a string"),
            Case(
                "hostname list", "services:\n  web:\n    image: nginx\n    hostname: [a]\n",
                "compose.yaml:4: services.web.hostname must be a string"),
            Case(
                "entrypoint number", "services:\n  web:\n    image: nginx\n    entrypoint: 5\n",
                "compose.yaml:4: services.web.entrypoint must be a null"),
            Case(
                "ipc of missing service", "services:\n  web:\n    image: nginx\n    ipc: service:db\n",
                "compose.yaml:4: service \"web\" depends on undefined service \"db\": invalid compose project"),
            Case(
                "volumes_from missing", "services:\n  web:\n    image: nginx\n    volumes_from: [db]\n",
                "compose.yaml:4: service \"web\" depends on undefined service \"db\": invalid compose project"),
            Case(
                "links missing", "services:\n  web:\n    image: nginx\n    links: [db]\n",
                "compose.yaml:4: service \"web\" depends on undefined service \"db\": invalid compose project"),
            Case(
                "label_file missing", "services:\n  web:\n    image: nginx\n    label_file: nope.labels\n",
                "compose.yaml:4: label file /w/nope.labels not found: open /w/nope.labels: no such file or directory"),
            Case(
                "unclosed quote in command", "services:\n  web:\n    image: nginx\n    command: 'sh -c \"a'\n",
                "compose.yaml:4: services.web.command: invalid command line string"),
        ]
    }
}
