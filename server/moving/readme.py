"""What an archive says of itself to whoever opens it without this program."""

from server.moving.archive import FORMAT, VERSION, Manifest


def text_of(manifest: Manifest) -> str:
    """The archive's README.md."""
    tables = "\n".join(f"| `{name}` | {one.rows} | `{one.sha256}` |" for name, one in sorted(manifest.tables.items()))
    left_out = "\n".join(f"- `{name}`：{why}" for name, why in sorted(manifest.left_out.items()))
    kdf = manifest.kdf
    return f"""# {manifest.name}（{manifest.district}）归档

格式 `{FORMAT}` 版本 {VERSION}，导出于 {manifest.made_at}。
数据库结构版本 `{manifest.revision}`，辖区编号 {manifest.tenant_id}。
共 {len(manifest.tables)} 张表 {manifest.rows} 行，{len(manifest.files)} 个上传文件。

- 导入另一套社区系统：`shequ tenant import 本文件`（同一结构版本，该辖区尚无数据）。
- `tables/表名.ndjson`：一行一条记录，按 id 排序；每个值是 PostgreSQL 的文本形式（时间为 UTC，字节为十六进制），空值为 null。
- `municipal/`：本区数据所依据的市级公开数据，供查阅和核对，不导入。
- `files/`：上传的文件，按登记的存储位置。
- `policies/`：本区政策，供阅读。
- 除个人信息列外内容未加密，请妥善保管本文件。

## 个人信息列

以 `_sealed` 结尾的列（证件号码、电话、银行账号）用导出时所设口令加密，值为 Base64；口令遗失即无法恢复。
同名 `_masked` 列是脱敏值。

1. K = scrypt(口令, 盐 `{kdf.salt}`, n={kdf.n}, r={kdf.r}, p={kdf.p})，32 字节
2. S = HMAC-SHA-256(K, "shequ/archive/seal") 的十六进制文本
3. 密钥 = HMAC-SHA-256(S, "shequ/sealing/aes-256-gcm/{manifest.tenant_id}")
4. 值 = 头 5 字节 | 随机数 12 字节 | AES-256-GCM 密文与 16 字节校验
5. 附加数据 = 头 5 字节 | `{manifest.tenant_id}|表|列|行 id`，列名不含 `_sealed`

## 校验

- `manifest.json` 中每张表的 `sha256` 是规范化各行（键按字母排序的 JSON，密文列换成带密钥的摘要）逐行相连的 SHA-256；
  `file_sha256` 是文件本身的 SHA-256；`mac` 证明清单未被改动。

## 不包含

{left_out}

## 各表

| 表 | 行数 | 规范化各行的 SHA-256 |
|---|---|---|
{tables}
"""
