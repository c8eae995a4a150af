/**
 * A certificate for 127.0.0.1 and localhost that signs itself, made for these tests alone: nothing trusts it but who
 * is given it as `ca`.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBqTCCAU+gAwIBAgIUBRmyV7PbHX6F37Vn+hfEEhgKii4wCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQdGhyb3VnaGxpbmUgdGVzdDAgFw0yNjExMjUyMjEzMzhaGA8y
MTI2MTEwMTIyMTMzOFowGzEZMBcGA1UEAwwQdGhyb3VnaGxpbmUgdGVzdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABGpLWeV4USi6Tg7Xq3ebDU8hEkbb8eDMuqku
VRhqHUw22bbkGVkNzMMFLSGdhkDBzJKsxRbUZNHfTLLYl1qhUeijbzBtMB0GA1Ud
DgQWBBQ2NbAz3sp4ozlgiouHQO00GXFv8jAfBgNVHSMEGDAWgBQ2NbAz3sp4ozlg
iouHQO00GXFv8jAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGHBH8AAAGCCWxv
Y2FsaG9zdDAKBggqhkjOPQQDAgNIADBFAiEAu059vV7LzdTAG0p5b79LCQZH5IPh
5mKc/SN15F23OB4CIHpKh3VSIXTbZfUMMsU1rENzOt5mRnZJk8C4z9S9zE53
-----END CERTIFICATE-----
`;

/** Its key: known to everybody who reads this. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpPRvbdX+wpPLy+E5
9yz+w613Tl0WRcdXA2cd5NkVweqhRANCAARqS1nleFEouk4O16t3mw1PIRJG2/Hg
zLqpLlUYah1MNtm25BlZDczDBS0hnYZAwcySrMUW1GTR30yy2JdaoVHo
-----END PRIVATE KEY-----
`;
