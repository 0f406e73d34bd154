//! Record batches of format 2 as they lie in the log (Kafka's protocol guide,
//! "Record Batch"), and the LZ4 frames in which ours and Java's clients pack them.

/// Bytes of a batch before its records.
pub(in crate::kafka) const HEAD: usize = 61;

// Where a batch's fields begin.
pub(in crate::kafka) const LENGTH: usize = 8;
pub(in crate::kafka) const LEADER_EPOCH: usize = 12;
pub(in crate::kafka) const FORMAT: usize = 16;
pub(in crate::kafka) const CHECKSUM: usize = 17;
pub(in crate::kafka) const ATTRIBUTES: usize = 21;
/// How far behind the first record's offset the last one's is.
pub(in crate::kafka) const LAST_OFFSET: usize = 23;
pub(in crate::kafka) const FIRST_MS: usize = 27;
pub(in crate::kafka) const LATEST_MS: usize = 35;
pub(in crate::kafka) const PRODUCER: usize = 43;
pub(in crate::kafka) const COUNT: usize = 57;

/// A batch's length counts what follows it.
pub(in crate::kafka) const BEFORE_LENGTH: usize = LENGTH + 4;
/// What the checksum (CRC-32C) covers begins here.
pub(in crate::kafka) const COVERED: usize = ATTRIBUTES;

/// The bits of the attributes that say how the records are packed.
pub(in crate::kafka) const PACKING: i16 = 0b111;
/// Packed with LZ4.
pub(in crate::kafka) const LZ4: i16 = 3;

/// Head of an LZ4 frame with independent blocks of [`BLOCK`] bytes and no
/// checksums.
pub(in crate::kafka) const FRAME_HEAD: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
pub(in crate::kafka) const FRAME_END: [u8; 4] = [0; 4];
pub(in crate::kafka) const BLOCK: usize = 64 * 1024;
/// Marks the size of a block that is stored as it is.
pub(in crate::kafka) const NOT_PACKED: u32 = 1 << 31;
