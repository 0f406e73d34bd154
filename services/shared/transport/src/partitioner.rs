//! Which partition a key belongs to: Java's default rule, so that foreign
//! producers and tools agree with ours.

/// The partition of `key` among `count`: `(murmur2(key) & 0x7fff_ffff) % count`.
///
/// An empty key is hashed like any other. `count` 0 is taken as 1.
#[must_use]
pub fn murmur2_partition(key: &[u8], count: u32) -> u32 {
    partition_of_hash(murmur2(key), count)
}

/// The same for a key of which the [`murmur2`] hash is known.
#[must_use]
pub const fn partition_of_hash(hash: u32, count: u32) -> u32 {
    let count = if count == 0 { 1 } else { count };
    (hash & 0x7fff_ffff) % count
}

/// MurmurHash2, 32 bits, with the seed that Kafka's Java client uses.
#[must_use]
pub fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;

    // Keys are far below 4 GiB; the algorithm folds the length to 32 bits.
    let mut hash = SEED ^ (data.len() as u32);
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        k = k.wrapping_mul(M);
        k ^= k >> R;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (index, &byte) in rest.iter().enumerate() {
            hash ^= u32::from(byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_as_java_does() {
        let vectors: [(&[u8], i32); 7] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (
                b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            (b"abc", 479_470_107),
            (b"", 275_646_681),
        ];
        for (key, expected) in vectors {
            assert_eq!(murmur2(key) as i32, expected, "{key:?}");
        }
    }

    #[test]
    fn stays_within_the_count() {
        for key in 0..1000u32 {
            assert!(murmur2_partition(&key.to_le_bytes(), 12) < 12);
        }
        assert_eq!(murmur2_partition(b"x", 0), 0);
        assert_eq!(murmur2_partition(b"x", 1), 0);
    }

    #[test]
    fn masks_the_sign_instead_of_negating() {
        // murmur2("foobar") is negative in Java.
        let positive = (-790_332_482_i32 & 0x7fff_ffff) as u32;
        assert_eq!(murmur2_partition(b"foobar", 12), positive % 12);
    }
}
