/** What `--help` and `--help_tls` print. The flags are those of nats-server; the wording is ours. */

export const helpText = `
Usage: nats-server [options]

Server:
    -a, --addr, --net <host>         Address to listen on (default: 0.0.0.0)
    -p, --port <port>                Port for clients; -1 picks a free one (default: 4222)
    -n, --name
        --server_name <name>         Name of this server (default: its id)
    -P, --pid <file>                 File that gets the process id
    -m, --http_port <port>           Port of the monitoring pages; -1 picks a free one
    -ms, --https_port <port>         The same over TLS
    -c, --config <file>              Configuration file; the command line wins over it
    -t                               Check the configuration file and exit
    -sl, --signal <command>[=<pid>]  Signal a running server: ldm, stop, quit, term, reopen, reload
                                     <pid> is a process id, or the name of a pid file
        --client_advertise <addr>    Address that clients are told to use
        --ports_file_dir <dir>       Folder that gets <program>_<pid>.ports with the addresses in use

Logging:
    -l, --log <file>                 Log to a file
    -T, --logtime                    Put the time before each line (default: true)
        --logtime_utc                The time is UTC, not local
    -s, --syslog                     Log to the system log
    -r, --remote_syslog <url>        Log to a syslog server (udp://localhost:514)
    -D, --debug                      More about what happens
    -V, --trace                      Every protocol line
    -VV                              Every protocol line, those of the system account too
    -DV                              Both -D and -V
    -DVV                             Both -D and -VV
        --log_size_limit <bytes>     Start a new log file at this size (default: never)
        --max_traced_msg_len <chars> Cut traced messages at this length (default: never)

JetStream:
    -js, --jetstream                 Turn JetStream on
    -sd, --store_dir <dir>           Where streams are kept

Authorization:
        --user <user>                User that clients must present
        --pass <password>            Its password
        --auth <token>               Token that clients must present

TLS:
        --tls                        Serve TLS without asking for client certificates
        --tlscert <file>             Certificate of the server
        --tlskey <file>              Its private key
        --tlsverify                  Serve TLS and verify client certificates
        --tlscacert <file>           Authority that client certificates are verified against

Cluster:
        --routes <url, url>          Servers to connect to
        --cluster <url>              Address on which routes are accepted
        --cluster_listen <url>       The same
        --cluster_name <name>        Name of the cluster (default: made up)
        --no_advertise               Do not tell clients about the other servers
        --cluster_advertise <addr>   Address that other servers are told to use
        --connect_retries <count>    Retries for servers that were learnt from others

Profiling:
        --profile <port>             Port of the profiler

Common:
    -h, --help                       This text
    -v, --version                    The version
        --help_tls                   About the tls block of the configuration
`;

/** About TLS in the configuration file. */
export const tlsHelpText = `
TLS in the configuration file is a block "tls" at the top level, or inside cluster, leafnodes, gateway, websocket and mqtt:

    tls {
        cert_file:       "server.pem"       certificate of the server, PEM
        key_file:        "server-key.pem"   its private key, PEM
        ca_file:         "ca.pem"           authority for client certificates
        verify:          true               ask for a client certificate and verify it
        verify_and_map:  true               and take the user from it
        timeout:         2                  seconds for the handshake
        cipher_suites:   [ "TLS_AES_128_GCM_SHA256" ]
        curve_preferences: [ "X25519" ]
        min_version:     "1.2"
        handshake_first: false              TLS before INFO; "auto" or a duration tries both
        pinned_certs:    [ "<sha256 of the public key>" ]
    }
`;
